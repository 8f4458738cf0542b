import Foundation
import JSON
import TestSupport

/// A repository with a bare remote and a script agent, and `orch` to be run in it.
struct Playground {
  let scratch = Scratch.current

  /// Makes both repositories; `agent` is the body of a POSIX shell script.
  init(
    files: [String: String] = ["README.md": "hello\n"], agent: String = Playground.commitsOneFile,
    settings: String = "", looksBack: Bool = false
  ) throws {
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    try scratch.repository("repo", files: files)
    try scratch.git("remote", "add", "origin", scratch["origin.git"], in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    let script = try scratch.write("agent.sh", "#!/bin/sh\nset -eu\n" + agent)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    try configure(
      agents: ["worker"],
      """
      worktrees:
        root: \(scratch["trees"])
      lessons:
        retrospectives: \(looksBack)
        hold_out_percent: 0
      workflow:
        grace_seconds: 1
      \(settings)
      """)
  }

  /// Writes the configuration: agents that all run the script, and other sections.
  func configure(agents: [String], mode: String = "llm", _ sections: String) throws {
    let list = agents.map { name in
      "  \(name):\n    type: script\n    command: [\"\(scratch["agent.sh"])\"]"
    }
    try scratch.write(
      "repo/.orch.yml",
      """
      agents:
      \(list.joined(separator: "\n"))
      router:
        mode: \(mode)
        disabled_agents: [claude, codex, opencode]
      \(sections)
      """)
  }

  /// Adds one file, commits it, and says so.
  static let commitsOneFile = """
    cat > /dev/null
    echo "$ORCH_TASK_TITLE" > "file-$ORCH_TASK_ID.txt"
    git add -A
    git commit -qm "Add a file"
    printf '{"status":"done","summary":"added a file"}' > "$ORCH_OUTPUT"
    """

  /// Runs orch and returns what it left.
  func orch(_ arguments: String..., in directory: String = "repo", input: String? = nil) throws
    -> CommandResult
  {
    try scratch.run([BuiltProgram.orch] + arguments, in: directory, input: input)
  }

  /// Runs orch, expects success, returns its output without the last line break.
  @discardableResult
  func ok(_ arguments: String..., input: String? = nil) throws -> String {
    let command = [BuiltProgram.orch] + arguments
    let result = try scratch.run(command, in: "repo", input: input)
    guard result.exitCode == 0 else { throw CommandFailure(command: command, result: result) }
    return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
  }

  /// The tasks as JSON, oldest first.
  func tasks() throws -> [JSONValue] {
    let list = try JSONValue(parsing: ok("task", "list", "--json", "--limit", "1000"))
    return Array((list.array ?? []).reversed())
  }

  /// Subjects of the diary, oldest first.
  func diary() throws -> [String] {
    try scratch.git("log", "--reverse", "--format=%s", "refs/orchestrator", in: "repo")
      .split(separator: "\n").map(String.init)
  }

  /// Starts orch and leaves it running.
  func start(_ arguments: [String]) throws -> ChildProcess {
    try scratch.start([BuiltProgram.orch] + arguments, in: "repo", log: "run.log")
  }

  /// The processes whose command line or environment belongs to this playground.
  func leftovers() throws -> [String] {
    let folders = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap {
      Int($0)
    }
    return folders.compactMap { pid in
      guard pid != Int(getpid()),
        let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"),
        let text = String(data: data, encoding: .utf8), text.contains(scratch.path),
        text.contains("supervise") || text.contains("agent.sh")
      else { return nil }
      return text.replacingOccurrences(of: "\0", with: " ")
    }
  }
}
