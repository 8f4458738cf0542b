import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `A machine without an agent` {
  let scratch = Scratch.current

  /// Two machines, the second of which has another program for the agent.
  private func machines(_ program: String) throws -> Machines {
    let machines = try Machines()
    let file = machines.all[1].repository + "/.orch.yml"
    let settings = try scratch.read(file)
    try scratch.write(file, settings.replacing(scratch["agent.sh"], with: program))
    return machines
  }

  @Test func `leaves tasks to the others, and says once what it lacks`() throws {
    let machines = try machines(scratch["absent.sh"])
    let (one, two) = (machines.all[0], machines.all[1])
    for number in 1...2 { try one.ok("task", "add", "Task \(number)", "--quiet") }
    try one.ok("sync")
    let run = try two.orch(["run", "--until-idle"])
    #expect(run.exitCode == 0, "\(run)")
    let said = run.errorOutput.components(separatedBy: "'worker' is not installed")
    #expect(said.count == 2 && said[1].contains("'orch agents'"), "\(run)")
    #expect(try two.tasks().map { $0["status"] ?? "" } == ["new", "new"])
    let plan = try two.ok("run", "--plan")
    #expect(plan.contains("this machine has no agent for it"), "\(plan)")
    try one.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(2)
  }

  @Test func `that can be started leaves the task to the others, once`() throws {
    let script = try scratch.write("broken.sh", "#!/nonexistent/interpreter\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    let machines = try machines(script)
    let (one, two) = (machines.all[0], machines.all[1])
    let id = try one.ok("task", "add", "Task", "--quiet")
    try one.ok("sync")
    let run = try two.orch(["run", "--until-idle"])
    #expect(run.exitCode == 0 && run.errorOutput.contains("left to other machines"), "\(run)")
    let left = try JSONValue(parsing: two.ok("task", "show", id, "--json"))
    #expect(left["status"] == "routed", "\(left.indentedText)")
    let failures = (left["attempts"]?.array ?? []).map { $0["failure"] ?? "" }
    #expect(failures == ["not_installed"], "\(left.indentedText)")
    // Another try on the same machine would end the same way.
    try two.ok("run", "--until-idle")
    #expect(try two.tasks().map { $0["status"] ?? "" } == ["blocked"])
    try two.ok("task", "unblock", id)
    try two.ok("sync")
    try one.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
  }

  @Test func `that works alone blocks the task with what it lacks`() throws {
    let play = try Playground()
    let settings = try scratch.read("repo/.orch.yml")
    try scratch.write(
      "repo/.orch.yml", settings.replacing(scratch["agent.sh"], with: scratch["absent.sh"]))
    try play.ok("task", "add", "Task", "--quiet")
    try play.ok("run", "--until-idle")
    let task = try play.tasks().first
    #expect(task?["status"] == "blocked")
    #expect(task?["reason"]?.string?.contains("'worker' is not installed") == true)
  }
}
