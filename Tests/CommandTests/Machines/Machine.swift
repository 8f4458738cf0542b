import Foundation
import JSON
import TestSupport
import Testing

/// One of several machines: a HOME, a clone and a name of its own, on the disk of one.
struct Machine: Sendable {
  let scratch = Scratch.current
  let name: String
  /// Folders that come before the others on its PATH.
  var programs: String?
  /// Variables that it has beside the usual ones.
  var variables: [String: String] = [:]

  /// The clone, relative to the scratch directory.
  var repository: String { name + "/repo" }

  private var environment: [String: String] {
    var variables = [
      "HOME": scratch[name + "/home"], "XDG_CONFIG_HOME": scratch[name + "/home/.config"],
    ]
    if let programs { variables["PATH"] = programs + ":" + (scratch.environment["PATH"] ?? "") }
    return variables.merging(self.variables) { $1 }
  }

  /// A machine without a clone.
  init(_ name: String) throws {
    self.name = name
    try FileManager.default.createDirectory(
      atPath: scratch[name + "/home"], withIntermediateDirectories: true)
  }

  func orch(_ arguments: [String], in directory: String? = nil, input: String? = nil) throws
    -> CommandResult
  {
    try scratch.run(
      [BuiltProgram.orch] + arguments, in: directory ?? repository, environment: environment,
      input: input)
  }

  /// Runs orch, expects success, returns its output without the last line break.
  @discardableResult
  func ok(_ arguments: String..., in directory: String? = nil, input: String? = nil) throws
    -> String
  {
    let result = try orch(arguments, in: directory, input: input)
    guard result.exitCode == 0 else {
      throw CommandFailure(command: ["(\(name)) orch"] + arguments, result: result)
    }
    return result.output.trimmingCharacters(in: .newlines)
  }

  /// Starts orch and leaves it running; what it says is in `<name>/run.log`.
  func start(_ arguments: String...) throws -> ChildProcess {
    try scratch.start(
      [BuiltProgram.orch] + arguments, in: repository, environment: environment,
      log: name + "/run.log")
  }

  /// What its runs have said so far.
  var log: String { (try? scratch.read(name + "/run.log")) ?? "" }

  /// The tasks as JSON, oldest first.
  func tasks() throws -> [JSONValue] {
    let list = try JSONValue(parsing: ok("task", "list", "--json", "--limit", "1000"))
    return Array((list.array ?? []).reversed())
  }

  func tip() throws -> String {
    try scratch.git("rev-parse", "refs/orch/state", in: repository)
  }

  func host() throws -> String {
    let json = try JSONValue(parsing: scratch.read(repository + "/.git/orch/host.json"))
    return json["host"]?.string ?? ""
  }

  /// Adds a line to the section `sync` of the configuration.
  func configure(_ line: String) throws {
    let file = repository + "/.orch.yml"
    try scratch.write(
      file, scratch.read(file).replacingOccurrences(of: "sync:\n", with: "sync:\n  \(line)\n"))
  }

  /// Pulls the plug: everything that this machine runs is killed, the orchestrator first.
  func die(_ run: ChildProcess? = nil) {
    if let run {
      kill(run.processIdentifier, SIGKILL)
      run.waitForEnd()
    }
    for pid in processes() { kill(pid, SIGKILL) }
  }

  /// How many attempts of this machine are supervised.
  func supervisors() -> Int {
    processes().count { pid in
      let words = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      return words.split(separator: 0).contains(Data("supervise".utf8))
    }
  }

  /// The supervisors of this machine, and what carries the mark of one of its attempts.
  func processes() -> [Int32] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    let place = scratch[repository] + "/.git/orch/run/"
    return all.compactMap { Int32($0) }.filter { pid in
      guard pid != getpid() else { return false }
      let words = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      let variables = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
      return String(decoding: words, as: UTF8.self).contains(place)
        || String(decoding: variables, as: UTF8.self).contains("ORCH_RUN_DIRECTORY=" + place)
    }
  }
}

/// Machines with one bare remote between them.
struct Machines {
  let scratch = Scratch.current
  var all: [Machine]

  /// Makes the remote and the first machine's repository with orch's state, and clones it for the others.
  ///
  /// Without `isShared`, the first machine is alone so far.
  init(
    _ names: [String] = ["one", "two"], agent: String = Machines.commits, settings: String = "",
    files: [String: String] = ["README.md": "hello\n"], claimSeconds: Int = 10,
    isShared: Bool = true
  ) throws {
    all = try names.map { try Machine($0) }
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    let script = try scratch.write("agent.sh", "#!/bin/sh\nset -eu\n" + agent)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    let configuration = """
      agents:
        worker:
          type: script
          command: ["\(script)"]
      router:
        disabled_agents: [claude, codex, opencode]
      sync:
        claim_seconds: \(claimSeconds)
        interval_seconds: 1
        idle_interval_seconds: 1
      workflow:
        grace_seconds: 1
      \(settings)
      """
    try scratch.repository(
      names[0] + "/repo", files: files.merging([".orch.yml": configuration]) { $1 })
    try scratch.git("remote", "add", "origin", scratch["origin.git"], in: all[0].repository)
    try scratch.git("push", "-q", "origin", "main", in: all[0].repository)
    try all[0].ok("init")
    if isShared { try all[0].ok("sync") }
    for machine in all.dropFirst() {
      try machine.ok("clone", scratch["origin.git"], "repo", in: machine.name)
    }
  }

  /// An agent that changes a file of its task and says so; it may be run again.
  static let commits = """
    cat > /dev/null
    echo "$ORCH_TASK_TITLE by $HOME, attempt $ORCH_ATTEMPT" >> "file-$ORCH_TASK_ID.txt"
    git add -A
    git commit -qm "Add a file"
    printf '{"status":"done","summary":"added a file"}' > "$ORCH_OUTPUT"
    """

  /// Both sides' last words: after this nothing is under way.
  func settle() throws {
    for _ in 0..<2 { for machine in all { try machine.ok("sync") } }
  }

  /// How often each task was merged into the base at the remote, by its name.
  func merges() throws -> [String: Int] {
    let lines = try scratch.git(
      "log", "--format=%(trailers:key=Orch-Task,valueonly,separator=)", "--merges", "main",
      in: "origin.git")
    return lines.split(separator: "\n").reduce(into: [:]) { $0[String($1), default: 0] += 1 }
  }

  /// Each task is done and merged once, both sides have the same history, nothing is left over.
  func expectAllMergedOnce(_ count: Int) throws {
    try settle()
    let logs = all.map { "--- \($0.name)\n\($0.log.suffix(6000))" }.joined(separator: "\n")
    let tasks = try all[0].tasks()
    #expect(tasks.count == count)
    for task in tasks where task["status"] != "done" {
      let story = try all[0].ok("task", "log", task["id"]?.string ?? "")
      Issue.record("not done: \(task.indentedText)\n\(story)\n\(logs)")
    }
    let merges = try self.merges()
    #expect(merges.count == count, "\(logs)")
    for (task, times) in merges where times != 1 {
      let story = try all[0].ok("task", "log", task)
      let graph = try scratch.git("log", "--graph", "--format=%h %cd %s", "main", in: "origin.git")
      Issue.record("\(task) was merged \(times) times\n\(story)\n\(graph)\n\(logs)")
    }
    let tips = try Set(all.map { try $0.tip() })
    #expect(tips.count == 1)
    let branches = try scratch.git("ls-remote", scratch["origin.git"], "refs/heads/orch/*")
    #expect(branches == "", "\(logs)")
    for place in all.map(\.repository) + ["origin.git"] {
      try scratch.git("fsck", "--strict", "--no-dangling", in: place)
    }
  }
}
