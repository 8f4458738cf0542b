internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension EffectRunner {
  /// True if workers are walled in.
  var isSandboxed: Bool { options.sandbox.kind != .none }

  /// Puts a launch into the sandbox that is configured.
  ///
  /// Throws `AgentError.sandbox` if it cannot be had: a worker never runs without walls that were asked for.
  func walled(
    _ launch: WorkerLaunch, _ agent: AgentConfiguration, _ worktree: Worktree, of task: String,
    runDirectory: String
  ) async throws -> WorkerLaunch {
    if !isSandboxed { return launch }
    let needs = AgentNeeds.of(agent.type)
    let programs = programMounts(launch.program, agent)
    let isShown = programs.contains { $0.place == launch.program }
    var plan = try await plan(
      worktree, of: task, runDirectory: runDirectory, homeName: "home-\(agent.name)", needs: needs,
      variables: launch.environment, program: isShown ? nil : launch.program)
    plan.mounts += programs
    plan.environment.merge(credentialVariables(needs, launch.environment, plan.home.place)) { $1 }
    try plan.prepare(directory: worktree.path)
    var launch = launch
    // An image takes no link: the program is called by the place where it really is.
    if options.sandbox.kind == .container { launch.program = Self.target(launch.program, programs) }
    var wrapped = plan.wrap(launch)
    // What it writes beside its worktree fills the same disk.
    wrapped.limits.folders += [runDirectory + "/tmp", runDirectory + "/git", plan.home.source]
    return wrapped
  }

  private static func target(_ program: String, _ mounts: [SandboxMount]) -> String {
    for case .link(let target, let place) in mounts where place == program { return target }
    return program
  }

  /// The walls that are configured, tried; `program` is one that an image has to have.
  private func walls(
    _ worktree: Worktree, of owner: String, runDirectory: String, program: String?
  ) async throws -> SandboxPlan.Walls {
    if options.sandbox.kind == .container {
      return .container(
        try await containerWalls(worktree, of: owner, runDirectory: runDirectory, program: program))
    }
    let bubblewrap = try Bubblewrap(path: options.environment["PATH"] ?? "")
    try await bubblewrap.check()
    return .bubblewrap(bubblewrap)
  }

  /// The sandbox of one command in a worktree; `owner` is its task, or what else it is for.
  func plan(
    _ worktree: Worktree, of owner: String, runDirectory: String, homeName: String,
    needs: AgentNeeds, variables: [String: String], program: String? = nil
  ) async throws -> SandboxPlan {
    let walls = try await walls(
      worktree, of: owner, runDirectory: runDirectory, program: program)
    guard
      let head = try Repository(at: options.repository)
        .reference("refs/heads/\(worktree.branch)")?.hex
    else {
      throw AgentError.sandbox(reason: "branch '\(worktree.branch)' is gone", hint: "git branch")
    }
    let repository = PrivateRepository(
      path: runDirectory + "/git", commonDirectory: commonDirectory, worktree: worktree)
    try await repository.make(head: head, git: git, shell: sandboxShell)
    let home = EnclosedFolder(path: Self.folder(above: runDirectory) + "/" + homeName)
    let run = ShellCommand.quoted(runDirectory)
    let locks = ShellCommand.quoted(commonDirectory + "/orch/locks")
    let folder = ShellCommand.quoted(worktree.path + "/" + WorktreeStore.protocolFolder)
    try await sandboxShell(
      """
      set -e
      mkdir -p \(run)/tmp \(run)/bin \(run)/hooks \(locks) \(folder)/inbox \(folder)/outbox
      : >> \(run)/waiting
      """)
    try home.make()
    try copyCredentials(needs, variables, to: home)
    try home.put(Array(try await identitySettings().utf8), at: ".gitconfig")
    let place = options.environment["HOME"] ?? "/home/worker"
    var plan = SandboxPlan(
      walls: walls, orch: options.program,
      home: (source: home.path, place: place),
      gateFolder: try Self.gateFolder())
    plan.temporary = runDirectory + "/tmp"
    plan.network = options.sandbox.network
    plan.hosts = options.sandbox.hosts + needs.hosts(in: variables)
    plan.mounts = mounts(repository, runDirectory: runDirectory)
    plan.environment = [
      "GIT_CONFIG_GLOBAL": place + "/.gitconfig",
      "ORCH_LOCK_CAPACITIES": options.lockCapacities.sorted { $0.key < $1.key }
        .map { "\($0.key)=\($0.value)" }.joined(separator: ","),
    ]
    return plan
  }

  private func mounts(
    _ repository: PrivateRepository, runDirectory: String
  ) -> [SandboxMount] {
    var mounts: [SandboxMount] = []
    // Where the system's folders hold them, the main checkout and the other worktrees are hidden.
    for folder in [options.repository, options.worktreesRoot]
    where SandboxPlan.isVisibleAnyway(folder) && options.sandbox.kind != .container {
      mounts.append(.empty(folder))
    }
    mounts += options.sandbox.readable.filter(Self.exists).map { .readOnly($0, at: $0) }
    mounts += options.sandbox.writable.filter(Self.exists).map { .writable($0, at: $0) }
    mounts += repository.mounts(runDirectory: runDirectory, objects: alternates())
    return mounts
  }

  /// The object stores that the repository borrows from.
  private func alternates() -> [String] {
    (ProtocolFolder(path: commonDirectory + "/objects/info").read("alternates") ?? "")
      .split(separator: "\n").map(String.init).filter { $0.hasPrefix("/") && Self.exists($0) }
  }

  /// The agent's program where it is not the system's.
  private func programMounts(_ program: String, _ agent: AgentConfiguration) -> [SandboxMount] {
    var files = [program]
    if agent.type == "script" {
      files += agent.command.filter { $0.hasPrefix("/") && Self.exists($0) }
    }
    var mounts: [SandboxMount] = []
    for file in files where !SandboxPlan.isVisibleAnyway(file) {
      guard let text = realpath(file, nil) else { continue }
      let real = String(cString: text)
      free(text)
      // A program that is installed brings others along, which lie beside it.
      if agent.type != "script", !SandboxPlan.isVisibleAnyway(real) {
        let folder = Self.installation(of: real)
        mounts.append(.readOnly(folder, at: folder))
      }
      // As a link, so that the program finds them from where it really is.
      let isLink = real != file && agent.type != "script"
      mounts.append(isLink ? .link(target: real, at: file) : .readOnly(real, at: file))
    }
    return mounts
  }

  /// The folder that a program is installed in: a package of npm's with its runtime, or its own folder.
  static func installation(of program: String) -> String {
    let parts = program.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if let modules = parts.firstIndex(of: "node_modules"), modules > 1, parts[modules - 1] == "lib"
    {
      return parts[..<(modules - 1)].joined(separator: "/")
    }
    return parts.dropLast().joined(separator: "/")
  }

  /// Copies the files that an agent logs in with; a worker of an earlier attempt may have left anything there.
  private func copyCredentials(
    _ needs: AgentNeeds, _ variables: [String: String], to home: EnclosedFolder
  ) throws {
    let user = options.environment["HOME"] ?? "/nonexistent"
    for file in needs.files {
      let source =
        variables[file.variable] ?? options.environment[file.variable] ?? "\(user)/\(file.folder)"
      for name in file.names {
        try home.copy("\(source)/\(name)", to: "\(file.folder)/\(name)")
      }
    }
  }

  /// Who commits, as the configuration of the private home.
  private func identitySettings() async throws -> String {
    var text = "[user]\n"
    for key in ["name", "email"] {
      let value = try await git.run(["config", "user.\(key)"], accepting: [1]).text
      guard let line = value.split(separator: "\n").first else { continue }
      text += "\t\(key) = \(PrivateRepository.quoted(String(line)))\n"
    }
    return text
  }

  private static func folder(above path: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }

  private func credentialVariables(
    _ needs: AgentNeeds, _ variables: [String: String], _ home: String
  ) -> [String: String] {
    Dictionary(
      needs.files.filter { variables[$0.variable] != nil }
        .map { ($0.variable, "\(home)/\($0.folder)") }, uniquingKeysWith: { first, _ in first })
  }

  /// A new folder for the proxy's socket, whose path has to be short.
  private static func gateFolder() throws(AgentError) -> String {
    var template = Array("/tmp/orch-gate.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw .file(path: "/tmp/orch-gate.XXXXXX", number: errno)
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Runs orch's own lines for a sandbox, outside of it.
  var sandboxShell: (String) async throws -> Void {
    let repository = options.repository
    let environment = EnvironmentPolicy.environment(from: options.environment, type: "script")
    return { line in
      let result = try await ShellCommand.run(
        line, in: repository, environment: environment, timeoutSeconds: 300)
      guard result.exitCode == 0 else {
        throw AgentError.sandbox(
          reason: "it could not be prepared: \(result.output.suffix(500))",
          hint: "look at the folder '\(repository)'")
      }
    }
  }
}
