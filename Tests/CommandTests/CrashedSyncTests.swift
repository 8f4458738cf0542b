import Foundation
import JSON
import TestSupport
import Testing

/// Kills at every step, of orch or of the git that it started, for what else writes than `task add`.
@Suite(.scratch, .timeLimit(.minutes(30)), .serialized) struct `Any command that writes` {
  let scratch = Scratch.current
  /// More steps than any command here has.
  private static let maximumSteps = 200
  /// The steps of upkeep that are tried.
  private static let upkeepSteps = 40
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
  ])
  func `may be killed at every step, and nothing is lost or left in the way`(
    command: String, words: [String]
  ) async throws {
    _ = try Playground()
    try ok("repo", "task", "add", "First", "--quiet")
    try ok("repo", "sync", "--quiet")
    try ok(".", "clone", scratch["origin.git"], "other", "--quiet")
    let faults = try #require(try FaultLibrary(in: scratch))
    var known: Set<String> = ["First"]
    var kills = 0
    var isOver = false
    for step in Swift.stride(from: 1, through: Self.maximumSteps, by: Self.stride) {
      known.formUnion(try prepare(command, step))
      let id = words.contains("ID") ? try newest() : ""
      let result = try scratch.run(
        [BuiltProgram.orch] + words.map { $0 == "ID" ? id : $0 }, in: "repo",
        environment: faults.killing(at: step, below: scratch["repo/.git"], torn: step % 2 == 0))
      if result.exitCode != 0 { kills += 1 }
      // A lock that a killed git has left is known for one after some seconds.
      let isSynced = try await eventually(within: 60) {
        try scratch.run([BuiltProgram.orch, "sync"], in: "repo").exitCode == 0
      }
      #expect(isSynced, "step \(step)")
      let found = try titles("repo")
      #expect(found == known, "step \(step): \(known.symmetricDifference(found))")
      // Upkeep goes on without what it could not do: it is tried at as many steps as it may have.
      isOver = result.exitCode == 0 && (command != "upkeep" || step > Self.upkeepSteps)
      if isOver { break }
    }
    #expect(isOver, "there are more steps than are tried")
    #expect(kills >= 1 || command == "upkeep", "nothing was killed")
    try ok("other", "sync", "--quiet")
    #expect(try titles("other") == known)
    for place in ["repo", "other", "origin.git"] {
      try scratch.git("fsck", "--strict", "--no-dangling", in: place)
    }
  }

  private func newest() throws -> String {
    let list = try scratch.run([BuiltProgram.orch, "task", "list", "--json"], in: "repo")
    return try JSONValue(parsing: list.output).array?.first?["id"]?.string ?? ""
  }
}
