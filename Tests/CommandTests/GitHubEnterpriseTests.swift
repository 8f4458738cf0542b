import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A GitHub Enterprise` {
  let scratch = Scratch.current

  @Test func `has its interface below a path, and tokens of its own`() throws {
    let hub = try GitHubPlayground(ci: "true")
    defer { hub.stop() }
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml",
      settings.replacingOccurrences(of: "api: \(hub.url)", with: "api: \(hub.url)/api/v3/"))
    try scratch.git("config", "--unset", "credential.helper", in: "repo")
    let number = try hub.issue("Paint")
    try hub.play.ok("task", "add", "Paint", "--issue", "\(number)")
    // A token of GitHub's own is not one of this host.
    let foreign = try scratch.run(
      [BuiltProgram.orch, "doctor"], in: "repo",
      environment: ["GH_TOKEN": "good", "GITHUB_TOKEN": "good"])
    #expect((foreign.output + foreign.errorOutput).contains("there is no token for the forge"))
    let run = try scratch.run(
      [BuiltProgram.orch, "run", "--until-idle"], in: "repo",
      environment: ["GH_TOKEN": "another", "GH_ENTERPRISE_TOKEN": "good"])
    #expect(run.exitCode == 0, "\(run.errorOutput)")
    let state = try hub.state()
    #expect(state["pulls"]?.array?.first?["state"] == "MERGED")
    #expect(state["issues"]?.array?.first?["branches"]?.strings?.isEmpty == false)
    #expect(state["issues"]?.array?.first?["open"] == false)
    #expect(state["problems"]?.strings == [])
  }

  @Test func `has its token asked of gh, for its own host, before git's helper`() throws {
    let hub = try GitHubPlayground()
    defer { hub.stop() }
    try hub.play.ok("init")
    let host = hub.url.replacingOccurrences(of: "http://", with: "")
    func doctor(gh: String) throws -> String {
      try scratch.write("bin/gh", "#!/bin/sh\n" + gh)
      _ = try scratch.run(["chmod", "755", "bin/gh"])
      let path = scratch["bin"] + ":" + (scratch.environment["PATH"] ?? "")
      let told = try scratch.run(
        [BuiltProgram.orch, "doctor"], in: "repo", environment: ["PATH": path])
      return told.output + told.errorOutput
    }
    let helper = try scratch.git("config", "credential.helper", in: "repo")
    try scratch.git("config", "--unset", "credential.helper", in: "repo")
    let knows = "[ \"$*\" = 'auth token --hostname \(host)' ] && echo good"
    #expect(try doctor(gh: knows).contains("ok   acme/demo at \(host), as 'orch-bot'"))
    #expect(try doctor(gh: "exit 1").contains("there is no token for the forge"))
    // One that GitHub refuses is not the end: the next source may know another.
    try scratch.git(
      "config", "credential.helper", helper.trimmingCharacters(in: .newlines), in: "repo")
    #expect(try doctor(gh: "echo old").contains("ok   acme/demo at \(host), as 'orch-bot'"))
    #expect(try doctor(gh: "exit 1").contains("ok   acme/demo at \(host), as 'orch-bot'"))
  }

  @Test func `is known by the names that ssh and git have for it`() throws {
    let hub = try GitHubPlayground()
    defer { hub.stop() }
    try hub.play.ok("init")
    // An ssh that knows one name for this machine, as a `Host` of `~/.ssh/config` would.
    try scratch.write(
      "bin/ssh",
      """
      #!/bin/sh
      for last; do :; done
      case "$*" in
      *-G*) [ "$last" = hub.example-work ] && echo hostname 127.0.0.1 || echo "hostname $last" ;;
      *) exit 255 ;;
      esac
      """)
    _ = try scratch.run(["chmod", "755", "bin/ssh"])
    func doctor() throws -> String {
      let path = scratch["bin"] + ":" + (scratch.environment["PATH"] ?? "")
      let told = try scratch.run(
        [BuiltProgram.orch, "doctor"], in: "repo", environment: ["PATH": path])
      return told.output + told.errorOutput
    }
    func set(_ url: String) throws {
      try scratch.git("remote", "set-url", "origin", url, in: "repo")
    }
    for url in [
      "git@hub.example-work:acme/demo.git", "ssh://git@hub.example-work:2222/acme/demo.git",
      "git@hub:acme/demo.git",
    ] {
      try set(url)
      #expect(try doctor().contains("acme/demo at 127.0.0.1"), "\(url)")
    }
    for (url, host) in [
      ("git@hub.example:acme/demo.git", "hub.example"),
      ("http://127.0.0.2:1/acme/demo.git", "127.0.0.2"),
    ] {
      try set(url)
      let told = try doctor()
      #expect(told.contains("the remote 'origin' is on \(host), and"), "\(told)")
      #expect(told.contains("set 'forge.api: https://\(host)/api/v3'"), "\(told)")
    }
    // A mirror of one's own stands for it, by a path or by another host.
    try set(hub.url + "/acme/demo.git")
    for mirror in [scratch["hub/"], "http://127.0.0.2:1/github/"] {
      try scratch.git("config", "url.\(mirror).insteadOf", hub.url + "/", in: "repo")
      #expect(try doctor().contains("acme/demo at 127.0.0.1"), "\(mirror)")
      try scratch.git("config", "--unset", "url.\(mirror).insteadOf", in: "repo")
    }
    // And a short word for it is spelled out by git.
    try scratch.git("config", "url.\(hub.url)/.insteadOf", "hub:", in: "repo")
    try set("hub:acme/demo")
    #expect(try doctor().contains("acme/demo at 127.0.0.1"))
  }
}
