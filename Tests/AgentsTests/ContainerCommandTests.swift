import Foundation
import TestSupport
import Testing

@testable import Agents

@Suite(.scratch) struct `What an engine of containers is told` {
  let scratch = Scratch.current

  private func walls(_ kind: ContainerEngine.Kind = .docker) -> ContainerWalls {
    var walls = ContainerWalls(
      engine: ContainerEngine(kind: kind, program: "/usr/bin/\(kind.rawValue)"), image: "sha256:1",
      name: "orch-1", repository: "r", owner: "t", lock: "/run/l/lock", wrapper: "/run/l/orch")
    walls.user.id = 1000
    walls.user.group = 100
    return walls
  }

  private func words(
    _ walls: ContainerWalls, _ mounts: [SandboxMount] = [], _ network: SandboxNetwork = .filtered,
    _ limits: ResourceLimits = ResourceLimits()
  ) -> [String] {
    walls.words(
      mounts: mounts, directory: "/w", network: network, limits: limits, command: ["/p", "a"])
  }

  /// The values of an option.
  private func values(_ option: String, _ words: [String]) -> [String] {
    words.indices.filter { words[$0] == option }.map { words[$0 + 1] }
  }

  @Test(arguments: [ContainerEngine.Kind.docker, .podman])
  func `takes everything from the container that is not given`(kind: ContainerEngine.Kind) throws {
    let words = words(walls(kind))
    #expect(words.first == "run" && words.contains("--rm") && words.contains("--read-only"))
    #expect(values("--cap-drop", words) == ["ALL"])
    #expect(values("--security-opt", words).contains("no-new-privileges"))
    #expect(values("--network", words) == ["none"])
    #expect(values("--user", words) == ["1000:100"])
    #expect(words.contains("--read-only-tmpfs=false") == (kind == .podman))
    #expect(values("--pull", words) == ["never"] && values("--log-driver", words) == ["none"])
    #expect(
      values("--label", words) == [
        "orch.repository=r", "orch.task=t", "orch.lock=/run/l/lock",
      ])
    for word in ["--privileged", "--pid", "--volume", "-v", "--device", "--cap-add"] {
      #expect(!words.contains(word))
    }
    let image = try #require(words.firstIndex(of: "sha256:1"))
    #expect(Array(words[(image - 2)...]) == ["--entrypoint", "/p", "sha256:1", "a"])
  }

  @Test func `shows what is mounted, the last of two at one place`() {
    let words = words(
      walls(),
      [
        .readOnly("/a", at: "/x"), .writable("/b", at: "/y"), .empty("/z"),
        .link(target: "/a", at: "/l"), .writable("/c", at: "/x"),
      ])
    #expect(
      values("--mount", words) == [
        "type=bind,source=/b,target=/y", "type=bind,source=/c,target=/x",
      ])
    #expect(values("--tmpfs", words) == ["/z:rw,exec,nosuid,nodev,mode=1777"])
    #expect(ContainerWalls.unsayable([.readOnly("/a,b", at: "/x")]) == "/a,b")
    #expect(ContainerWalls.unsayable([.readOnly("/a b'", at: "/x")]) == nil)
  }

  @Test func `has the network only where it is open, and limits where there are some`() {
    #expect(values("--network", words(walls(), [], .none)) == ["none"])
    #expect(values("--network", words(walls(), [], .open)) == ["host"])
    var limits = ResourceLimits()
    #expect(values("--memory", words(walls(), [], .none, limits)) == [])
    limits.memoryBytes = 1 << 30
    limits.processes = 10
    limits.diskBytes = 5000
    let words = words(walls(), [], .none, limits)
    #expect(values("--memory", words) == ["1073741824b"])
    #expect(values("--memory-swap", words) == ["1073741824b"])
    #expect(values("--pids-limit", words) == ["288"])
    #expect(values("--ulimit", words).contains("fsize=5000:5000"))
  }

  @Test func `runs as the user, also where the engine is the user's`() {
    var engine = ContainerEngine(kind: .podman, program: "/p")
    engine.isRootless = true
    var user = ContainerUser()
    user.id = 1000
    user.group = 100
    user.name = "dev"
    #expect(user.words(engine) == ["--userns", "keep-id", "--user", "1000:100"])
    engine.kind = .docker
    #expect(user.words(engine) == ["--user", "0:0"])
    let image =
      "root:x:0:0:root:/root:/bin/sh\ndev:x:1001:1001::/home/dev:/bin/bash\nsshd:x:9:9::/:/bin/false\n"
    #expect(
      user.passwords(image, home: "/home/ann", engine: engine)
        == "sshd:x:9:9::/:/bin/false\ndev:x:0:0:orch:/home/ann:/bin/sh\n")
    engine.isRootless = false
    #expect(
      user.passwords(image, home: "/h", engine: engine).hasSuffix(
        "dev:x:1000:100:orch:/h:/bin/sh\n"))
  }

  @Test func `never has a value of the worker's in its command line`() throws {
    var launch = WorkerLaunch(
      program: "/usr/bin/agent", arguments: ["-p"],
      environment: ["API_KEY": "sk-1", "PATH": "/run/bin:/usr/bin", "SHELL": "/bin/zsh"],
      directory: "/w", type: "script")
    launch.limits.memoryBytes = 1 << 20
    var plan = SandboxPlan(
      walls: .container(walls()), orch: "/opt/orch", home: (source: "/h", place: "/home/ann"),
      gateFolder: "/g")
    plan.mounts = [.readOnly("/run/bin", at: "/run/bin"), .writable("/w", at: "/w")]
    let wrapped = plan.wrap(launch)
    #expect(!wrapped.arguments.contains { $0.contains("sk-1") })
    #expect(wrapped.environment["API_KEY"] == "sk-1")
    let text = try #require(wrapped.processEnvironment["ORCH_CONTAINER"])
    let settings = try #require(ContainerSettings(text: text))
    let inside = settings.variables(in: ["PATH": "/image", "LANG": "C", "ORCH_CONTAINER": text])
    #expect(inside["API_KEY"] == "sk-1" && inside["PATH"] == "/run/bin:/image")
    #expect(inside["SHELL"] == nil && inside["ORCH_CONTAINER"] == nil && inside["LANG"] == "C")
    #expect(inside["HOME"] == "/home/ann" && inside["ORCH_OWN_PROGRAM"] == "/opt/orch")
    #expect(
      wrapped.arguments.contains("type=bind,source=/run/l/lock,target=/run/orch/lock,readonly"))
    // What is stored for the supervisor says the same.
    let read = try #require(WorkerLaunch(json: wrapped.json))
    #expect(read.container == wrapped.container && read.largestFile == nil)
  }

  @Test func `reads variables that the image's makers ask for from the image`() {
    let settings = ContainerSettings(
      variables: [
        "PATH": "${containerEnv:PATH}:/x", "A": "${containerEnv:NONE:else}-${b", "K": "image's",
      ],
      environment: ["K": "worker's"], programs: [])
    let inside = settings.variables(in: ["PATH": "/bin"])
    #expect(inside == ["PATH": "/bin:/x", "A": "else-${b", "K": "worker's"])
    #expect(settings.variables(in: [:])["PATH"] == ":/x")
  }

  @Test func `makes the places of mounts itself, and follows no link of a worker's`() throws {
    let walls = walls()
    var plan = SandboxPlan(
      walls: .container(walls), orch: "/opt/orch",
      home: (source: scratch["home-in"], place: "/home/ann"), gateFolder: "/g")
    try scratch.write("home-in/old", "")
    try scratch.write("file", "")
    try scratch.write("elsewhere/kept", "")
    try FileManager.default.createSymbolicLink(
      atPath: scratch["home-in/link"], withDestinationPath: scratch["elsewhere"])
    plan.mounts = [
      .writable(scratch["elsewhere"], at: "/home/ann/a/tree"),
      .readOnly(scratch["file"], at: "/home/ann/b/file"),
      .readOnly(scratch["elsewhere"], at: "/home/ann/link/deep"),
      .readOnly(scratch["file"], at: "/home/ann/a/tree/inner"),
    ]
    try plan.prepare(directory: "/w")
    var isFolder: ObjCBool = false
    #expect(
      FileManager.default.fileExists(atPath: scratch["home-in/a/tree"], isDirectory: &isFolder))
    #expect(isFolder.boolValue && scratch.exists("home-in/b/file"))
    #expect(scratch.exists("elsewhere/inner") && !scratch.exists("elsewhere/deep"))
    plan.mounts.append(.readOnly("/a,b", at: "/c"))
    #expect(throws: AgentError.self) { try plan.prepare(directory: "/w") }
  }

  @Test func `shows the worktree a second time where the image expects it`() {
    var walls = walls()
    walls.workspace = "/workspace"
    let mounts: [SandboxMount] = [
      .writable("/s", at: "/w"), .readOnly("/s/.git", at: "/w/.git"), .readOnly("/o", at: "/wide"),
    ]
    #expect(
      walls.doubled(mounts, worktree: "/w").dropFirst(3) == [
        .writable("/s", at: "/workspace"), .readOnly("/s/.git", at: "/workspace/.git"),
      ])
  }
}
