import Foundation
import TestSupport
import Testing

@testable import Agents

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Command lines of agents` {
  let scratch = Scratch.current

  private func adapter(
    _ type: String, version: String = "1.0.0", change: (inout AgentConfiguration) -> Void = { _ in }
  ) throws -> AgentAdapter {
    let program = try scratch.write("bin/\(type)", "#!/bin/sh\necho '\(version)'\n")
    #expect(chmod(program, 0o755) == 0)
    var configuration = AgentConfiguration(name: "a", type: type)
    if type == "script" { configuration.command = [type, "one", "two"] }
    change(&configuration)
    return AgentAdapter(configuration, path: "/nonexistent:relative:\(scratch["bin"])")
  }

  private func request(
    _ prompt: String = "Do it.", change: (inout LaunchRequest) -> Void = { _ in }
  ) -> LaunchRequest {
    var request = LaunchRequest(
      prompt: prompt, promptFile: "/run/prompt.md", worktree: "/wt",
      lastMessageFile: "/run/last.txt")
    request.commonDirectory = "/repo/.git"
    request.worktreeName = "wt1"
    change(&request)
    return request
  }

  @Test func `claude`() throws {
    let command = try adapter("claude").command(
      for: request {
        $0.model = "opus"
        $0.sessionID = "u-1"
        $0.budgetUSD = 0.00001
        $0.maxTurns = 9
        $0.systemPrompt = "be kind"
      })
    #expect(command.program == scratch["bin/claude"])
    #expect(
      command.arguments == [
        "-p", "Do it.", "--output-format", "stream-json", "--verbose", "--setting-sources", "user",
        "--session-id", "u-1", "--model", "opus", "--max-budget-usd", "0.0001",
        "--append-system-prompt", "be kind", "--max-turns", "9", "--permission-mode", "acceptEdits",
        "--allowedTools", "Bash", "Write", "Edit", "Read", "Grep", "Glob", "--disallowedTools",
        "Bash(rm:*)", "Bash(git push:*)", "Bash(git worktree:*)",
      ])
    #expect(command.inputFile == nil)
    #expect(command.environment["DISABLE_AUTOUPDATER"] == "1")
    #expect(command.environment["IS_SANDBOX"] == nil)
  }

  @Test func `claude in a sandbox is not asked for permissions, also not as superuser`() throws {
    let command = try adapter("claude").command(
      for: request {
        $0.isSandboxed = true
        $0.isSuperuser = true
        $0.resumedSession = "old"
        $0.allowedTools = []
        $0.deniedTools = ["Bash(rm:*)"]
      })
    #expect(
      command.arguments.suffix(6) == [
        "--resume", "old", "--permission-mode", "bypassPermissions", "--disallowedTools",
        "Bash(rm:*)",
      ])
    #expect(command.environment["IS_SANDBOX"] == "1")
  }

  @Test func `codex can commit in a linked worktree`() throws {
    let command = try adapter("codex").command(for: request { $0.model = "gpt" })
    #expect(
      command.arguments == [
        "exec", "--json", "-C", "/wt", "--disable", "plugins", "-s", "workspace-write",
        "--add-dir", "/repo/.git/worktrees/wt1", "--add-dir", "/repo/.git/objects",
        "--add-dir", "/repo/.git/refs", "--add-dir", "/repo/.git/logs", "-m", "gpt",
        "-o", "/run/last.txt", "Do it.",
      ])
    #expect(command.inputFile == nil)
  }

  @Test func `codex resumes behind all its options`() throws {
    let command = try adapter("codex") { $0.arguments = ["-c", "a=b"] }.command(
      for: request {
        $0.resumedSession = "thread"
        $0.isSandboxed = true
      })
    #expect(
      command.arguments.suffix(8) == [
        "--dangerously-bypass-approvals-and-sandbox", "-o", "/run/last.txt", "-c", "a=b",
        "resume", "thread", "Do it.",
      ])
  }

  @Test func `opencode`() throws {
    let command = try adapter("opencode").command(
      for: request {
        $0.model = "anthropic/opus"
        $0.resumedSession = "s"
      })
    #expect(
      command.arguments == [
        "run", "--format", "json", "--dir", "/wt", "--model", "anthropic/opus", "--session", "s",
        "--auto", "Do it.",
      ])
    #expect(
      command.environment["OPENCODE_PERMISSION"]
        == #"{"bash":{"git push *":"deny","git worktree *":"deny","rm *":"deny"}}"#)
  }

  @Test func `a script gets its prompt on standard input`() throws {
    let command = try adapter("script") { $0.arguments = ["three"] }.command(for: request())
    #expect(command.arguments == ["one", "two", "three"])
    #expect(command.inputFile == "/run/prompt.md")
  }

  @Test(arguments: ["claude", "codex", "opencode"])
  func `routing may change nothing`(type: String) throws {
    let command = try adapter(type).command(for: request { $0.isRouting = true })
    let words = command.arguments
    #expect(!words.contains("workspace-write"))
    #expect(!words.contains("acceptEdits"))
    #expect(!words.contains("--auto"))
  }

  @Test(
    arguments: ["claude", "codex", "opencode"],
    [
      String(repeating: "x", count: AgentAdapter.maximumArgumentBytes + 1), "--help", "- a list",
      "a\u{0}b", "",
    ])
  func `a prompt that cannot be an argument goes through standard input`(
    type: String, prompt: String
  ) throws {
    let command = try adapter(type).command(for: request(prompt))
    #expect(command.inputFile == "/run/prompt.md")
    #expect(prompt.isEmpty || !command.arguments.contains(prompt))
  }

  @Test func `the longest argument is one, and the kernel takes it`() async throws {
    let prompt = String(repeating: "x", count: AgentAdapter.maximumArgumentBytes)
    let command = try adapter("claude").command(for: request(prompt))
    #expect(command.inputFile == nil)
    let result = try await ShellCommand.run(
      program: "/bin/echo", arguments: command.arguments, in: "/", environment: [:],
      timeoutSeconds: 20)
    #expect(result.exitCode == 0)
  }

  @Test func `a missing program says how it is installed`() throws {
    var configuration = AgentConfiguration(name: "a", type: "claude")
    configuration.program = "no-such-program"
    let adapter = AgentAdapter(configuration, path: "/usr/bin:/bin")
    #expect(
      throws: AgentError.notInstalled(
        agent: "a", program: "no-such-program", hint: adapter.installHint)
    ) { try adapter.command(for: request()) }
    let script = AgentAdapter(AgentConfiguration(name: "s", type: "script"), path: "/bin")
    #expect(throws: AgentError.self) { try script.command(for: request()) }
    let unknown = try self.adapter("gemini")
    #expect(throws: AgentError.self) { try unknown.command(for: request()) }
  }

  @Test func `a folder or a file that may not be run is no program`() throws {
    try scratch.write("bin/plain", "x")
    #expect(ProgramPath.find("plain", path: scratch["bin"]) == nil)
    #expect(ProgramPath.find("bin", path: scratch.path) == nil)
    #expect(ProgramPath.find("", path: "/bin") == nil)
    #expect(ProgramPath.find("sh", path: "/bin") == "/bin/sh")
    #expect(ProgramPath.find("/bin/sh", path: "") == "/bin/sh")
  }

  @Test(arguments: [
    ("claude", "2.1.329 (Claude Code)", true), ("claude", "3.0.0 (Claude Code)", false),
    ("claude", "1.0.88 (Claude Code)", false), ("codex", "codex-cli 0.163.0", true),
    ("codex", "codex-cli 0.42.0", false), ("codex", "codex-cli 1.0.0", false),
    ("opencode", "1.0.55", true), ("opencode", "v0.9.1", true), ("opencode", "2.0.0", false),
    ("claude", "command not found", false), ("claude", "", false),
  ])
  func `an unknown version is refused`(type: String, printed: String, isKnown: Bool) async throws {
    let adapter = try adapter(type, version: printed)
    guard isKnown else {
      await #expect(throws: AgentError.self) { try await adapter.version(environment: [:]) }
      return
    }
    let version = try #require(try await adapter.version(environment: [:]))
    #expect(printed.contains(version.text))
  }

  @Test func `money is written without an exponent`() {
    #expect(AgentAdapter.dollars(2.5) == "2.5000")
    #expect(AgentAdapter.dollars(0) == "0.0001")
    #expect(AgentAdapter.dollars(-1) == "0.0001")
    #expect(AgentAdapter.dollars(.infinity) == "1000000.0000")
    #expect(AgentAdapter.dollars(1234.56789) == "1234.5678")
  }
}

@Suite struct `What an agent sees of the user's environment` {
  private static let user = [
    "PATH": "/bin", "HOME": "/h", "LC_ALL": "C", "TZ": "UTC", "SSL_CERT_FILE": "/c",
    "HTTPS_PROXY": "p", "all_proxy": "p", "ANTHROPIC_API_KEY": "k1", "CLAUDE_CONFIG_DIR": "d",
    "OPENAI_API_KEY": "k2", "CODEX_API_KEY": "k3", "OPENCODE_CONFIG": "o", "GH_TOKEN": "s",
    "GITHUB_TOKEN": "s", "ORCH_GITHUB_TOKEN": "s", "SSH_AUTH_SOCK": "s", "GIT_DIR": "s",
    "GIT_SSH_COMMAND": "s", "AWS_SECRET_ACCESS_KEY": "s", "NPM_TOKEN": "s", "CLAUDECODE": "1",
    "CLAUDE_CODE_ENTRYPOINT": "cli", "CODEX_SANDBOX": "x", "LD_PRELOAD": "x",
  ]

  @Test(arguments: AgentAdapter.types)
  func `no secret of the forge, of git, or of another program`(type: String) {
    let seen = EnvironmentPolicy.environment(from: Self.user, type: type)
    #expect(!seen.values.contains("s"))
    for name in ["CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CODEX_SANDBOX", "LD_PRELOAD"] {
      #expect(seen[name] == nil)
    }
    for name in ["PATH", "HOME", "LC_ALL", "TZ", "SSL_CERT_FILE", "HTTPS_PROXY", "all_proxy"] {
      #expect(seen[name] == Self.user[name])
    }
  }

  @Test func `a provider's key goes only to the agent that needs it`() {
    func keys(_ type: String) -> Set<String> {
      let names = EnvironmentPolicy.environment(from: Self.user, type: type).keys
      return Set(names.filter { $0.hasSuffix("_API_KEY") })
    }
    #expect(keys("script").isEmpty)
    #expect(keys("claude") == ["ANTHROPIC_API_KEY"])
    #expect(keys("codex") == ["OPENAI_API_KEY", "CODEX_API_KEY"])
    #expect(keys("opencode") == ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"])
  }
}
