import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `An orchestrator in the background` {
  let scratch = Scratch.current

  /// A worker that waits until it is let go.
  private var waits: String {
    """
    cat > /dev/null
    while [ ! -e "\(scratch["go"])" ]; do sleep 0.05; done
    echo x > "$ORCH_TASK_ID"
    git add -A
    git commit -qm "Work"
    """
  }

  private func running(_ play: Playground) throws -> JSONValue? {
    try JSONValue(parsing: play.ok("status", "--json"))["orchestrator"]
  }

  private func process(_ play: Playground) throws -> Int? { try running(play)?["process"]?.int }

  /// True while a process does something; one that nobody has collected yet does not.
  private func isAlive(_ process: Int) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return false }
    return !text[end...].hasPrefix(") Z")
  }

  private func allDone(_ play: Playground) throws -> Bool {
    try play.tasks().allSatisfy { $0["status"] == "done" }
  }

  private func atWork(_ play: Playground) throws -> Bool {
    try play.leftovers().contains { $0.contains("agent.sh") }
  }

  @Test func `does the work, says where its log is, and ends when it is told to`() async throws {
    let play = try Playground()
    try play.ok("task", "add", "Work")
    let started = try play.ok("start")
    defer { _ = try? play.orch("stop", "--now") }
    let number = try #require(try process(play))
    let log = scratch["repo/.git/orch/run.log"]
    #expect(started == "started: process \(number), log \(log)")
    // A session of its own: nothing that happens to a terminal concerns it.
    let fields = try String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)
      .components(separatedBy: ") ").last?.split(separator: " ")
    #expect(fields?[3] == "\(number)")
    #expect(try await eventually { try allDone(play) })
    #expect(try play.ok("status").contains("orch runs in the background since "))
    #expect(try play.ok("status").hasSuffix(", log \(log)"))
    #expect(try !play.ok("status", "--brief").contains("background"))
    let lines = try scratch.read("repo/.git/orch/run.log").split(separator: "\n")
    #expect(lines.contains { $0.prefix(20).last == "Z" && $0.contains("merged: Work") }, "\(lines)")
    #expect(try play.ok("stop") == "stopped: process \(number)")
    #expect(await eventually { !isAlive(number) })
    #expect(try running(play) == nil && !play.ok("status").contains("background"))
    #expect(try play.ok("stop") == "orch does not run here")
  }

  @Test func `is one, however many begin it at once, and whoever else wants to`() throws {
    let play = try Playground()
    try play.ok("init")
    let all = try (0..<4).map {
      try scratch.start([BuiltProgram.orch, "start"], in: "repo", log: "start\($0)")
    }
    defer { _ = try? play.orch("stop", "--now") }
    for one in all { one.waitForEnd() }
    #expect(all.allSatisfy { $0.terminationStatus == 0 })
    let said = try (0..<4).map { try scratch.read("start\($0)") }
    #expect(said.count { $0.hasPrefix("started: ") } == 1, "\(said)")
    #expect(said.count { $0.hasPrefix("runs already: ") } == 3, "\(said)")
    let number = try #require(try process(play))
    #expect(said.allSatisfy { $0.contains("process \(number), log ") }, "\(said)")
    let second = try play.orch("run")
    #expect(second.exitCode == 75)
    #expect(second.errorOutput.contains("already running"))
    #expect(second.errorOutput.contains("process \(number)"))
  }

  @Test func `outlives the terminal that it was started in`() async throws {
    let play = try Playground()
    try play.ok("init")
    let inTerminal = try scratch.run(
      [
        "python3", "-c", "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)",
        BuiltProgram.orch, "start",
      ], in: "repo")
    defer { _ = try? play.orch("stop", "--now") }
    #expect(inTerminal.exitCode == 0 && inTerminal.output.contains("started: "), "\(inTerminal)")
    try play.ok("task", "add", "Work")
    #expect(try await eventually { try allDone(play) })
    #expect(try process(play).map(isAlive) == true)
  }

  @Test func `asks its workers to stop, and the next one goes on with what they have`()
    async throws
  {
    let play = try Playground(agent: waits)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("start")
    defer { _ = try? play.orch("stop", "--now") }
    #expect(try await eventually { try atWork(play) })
    try play.ok("stop")
    #expect(try play.leftovers() == [])
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["attempts"]?.array?.first?["outcome"] == "interrupted", "\(task)")
    try scratch.write("go", "")
    try play.ok("start")
    #expect(try await eventually { try allDone(play) })
  }

  @Test func `leaves its workers running when it is to end now`() async throws {
    let play = try Playground(agent: waits)
    let id = try play.ok("task", "add", "Work", "--quiet")
    try play.ok("start")
    defer { _ = try? play.orch("stop", "--now") }
    #expect(try await eventually { try atWork(play) })
    let number = try #require(try process(play))
    try play.ok("stop", "--now")
    #expect(await eventually { !isAlive(number) })
    #expect(try atWork(play))
    try scratch.write("go", "")
    try play.ok("start")
    #expect(try await eventually { try allDone(play) })
    let task = try JSONValue(parsing: play.ok("task", "show", id, "--json"))
    #expect(task["attempts"]?.array?.count == 1)
  }

  @Test func `is restarted with the options that it had, also after it was killed`() async throws {
    let play = try Playground()
    try play.ok("init")
    try play.ok("start", "--jobs", "3")
    defer { _ = try? play.orch("stop", "--now") }
    let first = try #require(try process(play))
    try play.ok("restart")
    let second = try #require(try process(play))
    #expect(second != first)
    #expect(await eventually { !isAlive(first) })
    #expect(try running(play)?["options"]?.strings == ["--jobs", "3"])
    kill(pid_t(second), SIGKILL)
    #expect(await eventually { !isAlive(second) })
    // Its description is still there, and nobody takes it for somebody who runs.
    #expect(try scratch.read("repo/.git/orch/run.lock").contains("process \(second)"))
    #expect(try running(play) == nil)
    #expect(try play.ok("stop") == "orch does not run here")
    try play.ok("restart")
    #expect(try running(play)?["options"]?.strings == ["--jobs", "3"])
    try play.ok("restart", "--jobs", "2")
    #expect(try running(play)?["options"]?.strings == ["--jobs", "2"])
  }

  @Test func `is nobody's in the seat, and keeps its log in two parts of a bounded size`()
    async throws
  {
    let play = try Playground()
    try play.ok("init")
    let log = scratch["repo/.git/orch/run.log"]
    let size = { (path: String) in
      try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }
    let fill = { (letter: String) in
      let handle = try #require(FileHandle(forWritingAtPath: log))
      handle.seekToEndOfFile()
      handle.write(Data(String(repeating: letter, count: 5 << 20).utf8))
    }
    try scratch.write("repo/.git/orch/run.log", "")
    try fill("a")
    let started = try scratch.run(
      [BuiltProgram.orch, "start"], in: "repo", environment: ["ORCH_SEAT": "claude"])
    defer { _ = try? play.orch("stop", "--now") }
    #expect(started.exitCode == 0, "\(started)")
    #expect(try size(log) < 1 << 20 && size(log + ".1") == 5 << 20)
    let number = try #require(try process(play))
    let environment = try String(contentsOfFile: "/proc/\(number)/environ", encoding: .utf8)
    #expect(environment.contains("PATH=") && !environment.contains("ORCH_SEAT"))
    // It turns the page by itself while it runs.
    try fill("b")
    try play.ok("task", "add", "Work")
    #expect(try await eventually { try allDone(play) })
    #expect(try await eventually { try scratch.read("repo/.git/orch/run.log").contains("Work") })
    #expect(try size(log) < 1 << 20)
    #expect(try scratch.read("repo/.git/orch/run.log.1").hasSuffix("bbb"))
  }

  @Test func `one in a terminal ends in the same way`() async throws {
    let play = try Playground()
    try play.ok("init")
    let foreground = try play.start(["run"])
    #expect(
      try await eventually { try process(play) == Int(foreground.processIdentifier) })
    #expect(
      try play.ok("start")
        == "runs already: process \(foreground.processIdentifier), in a terminal")
    try play.ok("stop")
    foreground.waitForEnd()
    #expect(foreground.terminationStatus == 0)
    #expect(try scratch.read("run.log").components(separatedBy: "stopping: ").count == 2)
  }

  @Test func `that cannot begin says why, and a worker begins and ends none`() throws {
    let play = try Playground()
    try scratch.git("remote", "remove", "origin", in: "repo")
    let none = try play.orch("start")
    #expect(none.exitCode == 1, "\(none)")
    #expect(none.errorOutput.contains("error: this repository has no remote 'origin'"))
    #expect(none.errorOutput.contains("hint: run 'git remote add origin URL'"))
    #expect(none.errorOutput.contains("run.log"))
    for word in ["start", "stop", "restart"] {
      let refused = try scratch.run(
        [BuiltProgram.orch, word], in: "repo", environment: ["ORCH_TASK_ID": "8d5caf123456"])
      #expect(refused.exitCode == 1 && refused.errorOutput.contains("a worker cannot"))
    }
    #expect(try play.orch("start", "--jobs", "0").exitCode == 64)
    #expect(try play.orch("stop", "--timeout", "0").exitCode == 64)
  }
}
