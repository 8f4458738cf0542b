import Foundation
import JSON
import TestSupport
import Testing

/// Kills at every step, of orch or of the git that it started, for what else writes than `task add`.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Any command that writes` {
  let scratch = Scratch.current
  /// More steps than any command here has.
  private static let maximumSteps = 400
  /// Every so many steps are tried; all with ORCH_PROVE=1.
  private static let stride =
    ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 1 : 5

  private func ok(_ directory: String, _ words: String...) throws {
    let result = try scratch.run([BuiltProgram.orch] + words, in: directory)
    guard result.exitCode == 0 else { throw CommandFailure(command: words, result: result) }
  }

  private func titles(_ directory: String) throws -> Set<String> {
    let list = try scratch.run(
      [BuiltProgram.orch, "task", "list", "--json", "--limit", "1000"], in: directory)
    let tasks = try JSONValue(parsing: list.output).array ?? []
    return Set(tasks.compactMap { $0["title"]?.string })
  }

  /// Makes work for a command, for the given step; returns the tasks that are acknowledged by it.
  private func prepare(_ command: String, _ step: Int) throws -> [String] {
    switch command {
    case "sync that joins":
      try ok("other", "task", "add", "Theirs \(step)", "--quiet")
      try ok("other", "sync", "--quiet")
      try ok("repo", "task", "add", "Mine \(step)", "--quiet")
      return ["Theirs \(step)", "Mine \(step)"]
    case "sync that takes over":
      try ok("other", "task", "add", "Theirs \(step)", "--quiet")
      try ok("other", "sync", "--quiet")
      return ["Theirs \(step)"]
    case "first contact":
      _ = try scratch.run(["rm", "-rf", scratch["repo/.git/orch"]])
      let names = try scratch.git(
        "for-each-ref", "--format=delete %(refname)", "refs/orch", in: "repo")
      _ = try? scratch.git("symbolic-ref", "--delete", "refs/orchestrator", in: "repo")
      if !names.isEmpty {
        try scratch.git("update-ref", "--stdin", in: "repo", input: names + "\n")
      }
      return []
    default:
      try ok("repo", "task", "add", "Mine \(step)", "--quiet")
      return ["Mine \(step)"]
    }
  }

  @Test(arguments: [
    ("sync that joins", ["sync"]), ("sync that takes over", ["sync"]), ("first contact", ["sync"]),
    ("edit", ["task", "edit", "ID", "--label", "new"]), ("upkeep", ["gc"]),
    ("move", ["task", "move", "ID", "--to", "HERE"]), ("choice", ["sync", "--elect"]),
  ])
  func `may be killed at every step, and nothing is lost or left in the way`(
    command: String, words: [String]
  ) async throws {
    let faults = try prepareClones()
    var known: Set<String> = ["First"]
    let kills = try await eachStep(faults, below: "repo/.git") { step, environment in
      known.formUnion(try prepare(command, step))
      let result = try scratch.run(
        [BuiltProgram.orch] + filled(words), in: "repo", environment: environment)
      try await expectSynced("repo", step, words.contains("--elect") ? ["--elect"] : [])
      let found = try titles("repo")
      #expect(found == known, "step \(step): \(known.symmetricDifference(found))")
      return result
    }
    #expect(kills >= 1, "nothing was killed")
    try expectAll(known, in: ["other"])
  }

  /// What a killed `git clone` leaves has no commit and is made anew; anything later is a clone that syncs.
  @Test func `and a clone, too: it can be synced, or made anew`() async throws {
    let faults = try prepareClones()
    let kills = try await eachStep(faults, below: "third/.git") { step, environment in
      _ = try scratch.run(["rm", "-rf", scratch["third"]])
      let clone = [BuiltProgram.orch, "clone", scratch["origin.git"], "third"]
      let result = try scratch.run(clone, environment: environment)
      let isClone = (try? scratch.git("rev-parse", "--verify", "-q", "HEAD", in: "third")) != nil
      if isClone {
        try await expectSynced("third", step)
      } else {
        _ = try scratch.run(["rm", "-rf", scratch["third"]])
        #expect(try scratch.run(clone).exitCode == 0, "step \(step)")
      }
      #expect(try titles("third") == ["First"], "step \(step)")
      return result
    }
    #expect(kills >= 1, "nothing was killed")
    try expectAll(["First"], in: ["other", "third"])
  }

  /// A repository with one task, its remote, and a second clone.
  private func prepareClones() throws -> FaultLibrary {
    _ = try Playground()
    try ok("repo", "task", "add", "First", "--quiet")
    try ok("repo", "sync", "--quiet")
    try ok(".", "clone", scratch["origin.git"], "other", "--quiet")
    return try #require(try FaultLibrary(in: scratch))
  }

  /// Does something with a kill at each step of it, until there is nothing left to kill; returns at how many something was.
  ///
  /// That a command succeeds says nothing: it may have done without a git that was killed.
  private func eachStep(
    _ faults: FaultLibrary, below folder: String,
    _ body: (_ step: Int, _ environment: [String: String]) async throws -> CommandResult
  ) async throws -> Int {
    var kills = 0
    for step in Swift.stride(from: 1, through: Self.maximumSteps, by: Self.stride) {
      let result = try await body(
        step, faults.killing(at: step, below: scratch[folder], torn: step % 2 == 0))
      let hasKilled = faults.hasKilled()
      kills += hasKilled ? 1 : 0
      guard hasKilled else {
        #expect(result.exitCode == 0, "step \(step): \(result.errorOutput)")
        return kills
      }
    }
    Issue.record("there are more steps than are tried")
    return kills
  }

  /// A lock that a killed git has left is known for one after some seconds.
  private func expectSynced(_ directory: String, _ step: Int, _ words: [String] = []) async throws {
    let isSynced = try await eventually(within: 60) {
      try scratch.run([BuiltProgram.orch, "sync"] + words, in: directory).exitCode == 0
    }
    #expect(isSynced, "step \(step)")
  }

  private func expectAll(_ known: Set<String>, in clones: [String]) throws {
    for clone in clones {
      try ok(clone, "sync", "--quiet")
      #expect(try titles(clone) == known)
    }
    for place in ["repo", "origin.git"] + clones {
      try scratch.git("fsck", "--strict", "--no-dangling", in: place)
    }
  }

  /// Words of a command with the newest task's name and this machine's in their places.
  private func filled(_ words: [String]) throws -> [String] {
    guard words.contains("ID") else { return words }
    let list = try scratch.run([BuiltProgram.orch, "task", "list", "--json"], in: "repo")
    let id = try JSONValue(parsing: list.output).array?.first?["id"]?.string ?? ""
    let host = try? JSONValue(parsing: scratch.read("repo/.git/orch/host.json"))["host"]?.string
    return words.map { ["ID": id, "HERE": host ?? ""][$0] ?? $0 }
  }
}
