import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Work offline while the remote is away` {
  let scratch = Scratch.current

  private func takeAway() throws {
    try FileManager.default.moveItem(atPath: scratch["origin.git"], toPath: scratch["away.git"])
  }

  private func bringBack() throws {
    try FileManager.default.moveItem(atPath: scratch["away.git"], toPath: scratch["origin.git"])
  }

  private func task(_ id: String, of machine: Machine) throws -> JSONValue {
    try JSONValue(parsing: machine.ok("task", "show", id, "--json"))
  }

  /// The run has an end, says what waits and what to do, and nobody is asked.
  private func expectWaiting(_ ids: [String], after run: CommandResult, of machine: Machine) throws
  {
    #expect(run.exitCode == 75, "\(run)")
    let words = ids.count == 1 ? "1 task waits" : "\(ids.count) tasks wait"
    #expect(run.errorOutput.contains("error: \(words) for the remote 'origin'"), "\(run)")
    #expect(run.errorOutput.contains("hint: "), "\(run)")
    for id in ids {
      let task = try task(id, of: machine)
      #expect(run.errorOutput.contains(id.prefix(6)), "\(run)")
      #expect(task["attempts"]?.array?.count == 1, "\(task.indentedText)")
      #expect(task["attempts"]?.array?.last?["outcome"] == "succeeded", "\(task.indentedText)")
      #expect(task["question"] == nil, "\(task.indentedText)")
    }
  }

  /// Where the base is known from.
  enum Knowledge: String, CaseIterable {
    /// From an earlier run.
    case tracked
    /// From what a person has pushed.
    case pushed
    /// From the branch that is here, which is configured.
    case local
  }

  /// How long a run sits an outage out, in seconds.
  private func setPatience(_ seconds: Int, of machine: Machine) throws {
    let file = machine.repository + "/.orch.yml"
    let text = try scratch.read(file).replacing(
      /outage_seconds: \d+/, with: "outage_seconds: \(seconds)")
    try scratch.write(file, text)
  }

  @Test(arguments: Knowledge.allCases)
  func `is done on the base that is known, and a later run publishes and merges it once`(
    knowledge: Knowledge
  ) throws {
    // The second task is worked on for longer than an outage is sat out.
    let base = knowledge == .local ? "\n  base: main" : ""
    let machines = try Machines(
      ["one"], agent: "sleep 2\n" + Machines.commits,
      settings: "forge:\n  outage_seconds: 60" + base, claimSeconds: 60)
    let machine = machines.all[0]
    if knowledge == .tracked {
      try machine.ok("task", "add", "Before", "--quiet")
      try machine.ok("run", "--until-idle")
    } else {
      #expect(
        try scratch.git("for-each-ref", "refs/orch/remotes/origin/heads", in: "one/repo") == "")
    }
    if knowledge == .local {
      try scratch.git("update-ref", "-d", "refs/remotes/origin/main", in: "one/repo")
    }
    let ids = try ["First", "Second"].map { try machine.ok("task", "add", $0, "--quiet") }
    try takeAway()
    try setPatience(1, of: machine)
    let run = try machine.orch(["run", "--until-idle", "--offline", "--jobs", "1"])
    try expectWaiting(ids, after: run, of: machine)
    #expect(run.errorOutput.contains("'main' as it was last seen"), "\(run)")
    #expect(!run.errorOutput.contains("is there again"), "\(run)")
    // What is done is not done again.
    let again = try machine.orch(["run", "--until-idle", "--offline"])
    try expectWaiting(ids, after: again, of: machine)
    try bringBack()
    try setPatience(60, of: machine)
    try machine.ok("run", "--until-idle")
    for id in ids { #expect(try task(id, of: machine)["attempts"]?.array?.count == 1) }
    try machines.expectAllMergedOnce(knowledge == .tracked ? 3 : 2)
  }

  @Test func `begins on what a person has fetched since`() throws {
    let machines = try Machines(["one"], claimSeconds: 60)
    let machine = machines.all[0]
    try machine.ok("task", "add", "Before", "--quiet")
    try machine.ok("run", "--until-idle")
    try scratch.git("clone", "-q", scratch["origin.git"], scratch["person"])
    try scratch.git("commit", "-q", "--allow-empty", "-m", "Newer", in: "person")
    try scratch.git("push", "-q", "origin", "main", in: "person")
    try scratch.git("fetch", "-q", "origin", in: "one/repo")
    let newest = try scratch.git("rev-parse", "origin/main", in: "one/repo")
    let id = try machine.ok("task", "add", "On the newest", "--quiet")
    try takeAway()
    let run = try machine.orch(["run", "--until-idle", "--offline"])
    try expectWaiting([id], after: run, of: machine)
    let branch = try #require(try task(id, of: machine)["branch"]?.string)
    try scratch.git("merge-base", "--is-ancestor", newest, branch, in: "one/repo")
    try bringBack()
    try machine.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(2)
  }

  @Test func `leaves a merge that is due to a later run`() throws {
    // The check passes, and the remote is gone.
    let places = ["origin.git", "away.git"].map { "'\(scratch[$0])'" }.joined(separator: " ")
    let check = "mkdir '\(scratch["checked"])' && mv \(places)"
    let machines = try Machines(
      ["one"],
      settings: """
        checks:
          - name: tests
            command: "[ -d '\(scratch["checked"])' ] || { \(check); }"
        """, claimSeconds: 60)
    let machine = machines.all[0]
    let id = try machine.ok("task", "add", "Ready", "--quiet")
    let run = try machine.orch(["run", "--until-idle", "--offline"])
    #expect(scratch.exists("checked"))
    try expectWaiting([id], after: run, of: machine)
    #expect(try task(id, of: machine)["status"] == "in_review")
    try bringBack()
    #expect(try machines.merges().isEmpty)
    try machine.ok("run", "--until-idle")
    try machines.expectAllMergedOnce(1)
  }
}
