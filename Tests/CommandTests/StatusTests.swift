import Foundation
import JSON
import TestSupport
import Testing

/// `status` and `task list` say the same, byte for byte, whatever has become of their cache.
@Suite(.scratch, .timeLimit(.minutes(30))) struct `Lists of tasks` {
  let scratch = Scratch.current

  private static let commands = [
    ["status"], ["status", "--brief"], ["status", "--json"], ["task", "list"],
    ["task", "list", "--json"], ["task", "list", "--limit", "3"],
    ["task", "list", "--status", "cancelled"], ["task", "list", "--label", "bug"],
    ["task", "list", "--kind", "review", "--json"], ["task", "list", "--mine"],
  ]

  private var cache: String { "repo/.git/orch/cache/tasks" }

  private func prepare() throws -> Playground {
    let playground = try Playground()
    for number in 0..<60 {
      let id = try playground.ok(
        "task", "add", "Task \(number)", "--priority", String(number % 3), "--quiet", "--kind",
        number % 4 == 0 ? "review" : "implement", "--label", number % 5 == 0 ? "bug" : "ui")
      if number % 6 == 0 { try playground.ok("task", "cancel", id) }
    }
    return playground
  }

  private func answers(_ playground: Playground, in folder: String = "repo") throws -> [String] {
    try Self.commands.map { words in
      let result = try scratch.run([BuiltProgram.orch] + words, in: folder)
      #expect(result.exitCode == 0, "\(words): \(result.errorOutput)")
      return result.output + result.errorOutput
    }
  }

  @Test func `say the same with a cache, without, and with a damaged one`() throws {
    let playground = try prepare()
    let whole = try answers(playground)
    #expect(whole[0].contains("50 new, 10 cancelled"))
    #expect(whole[0].contains("… and 30 more new"))
    #expect(whole[3].contains("10 more: use --limit"))
    #expect(scratch.exists(cache))
    #expect(try answers(playground) == whole)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch[cache]))
    for damage in [
      Data(), Data(bytes.prefix(100)), bytes.dropLast(), bytes + [0], Data([1, 2, 3]),
    ] {
      for (index, words) in Self.commands.enumerated() {
        try damage.write(to: URL(fileURLWithPath: scratch[cache]))
        let result = try scratch.run([BuiltProgram.orch] + words, in: "repo")
        #expect(result.output + result.errorOutput == whole[index], "\(words)")
      }
    }
  }

  @Test func `see what git has packed, what a worktree is asked from, and the next change`() throws
  {
    let playground = try prepare()
    let whole = try answers(playground)
    try scratch.git("pack-refs", "--all", in: "repo")
    #expect(try answers(playground) == whole)
    try scratch.git("worktree", "add", "-q", scratch["linked"], in: "repo")
    #expect(try answers(playground, in: "linked") == whole)
    let elsewhere = try scratch.run(
      [BuiltProgram.orch, "status", "-C", scratch["repo"]], in: scratch.path)
    #expect(elsewhere.output == whole[0])
    try playground.ok("task", "add", "One more")
    #expect(try playground.ok("status").contains("51 new, 10 cancelled"))
    #expect(try playground.ok("task", "list").contains("One more"))
  }

  @Test func `explain what is missing in the same words with any flags`() throws {
    let nothing = try scratch.run([BuiltProgram.orch, "status"], in: scratch.path)
    #expect(nothing.exitCode == 1)
    #expect(nothing.errorOutput.contains("is not in a git repository"))
    try scratch.repository()
    let empty = try scratch.run([BuiltProgram.orch, "status", "--brief"], in: "repo")
    #expect(empty.exitCode == 1)
    #expect(empty.errorOutput.contains("no orch state yet"))
    let wrong = try scratch.run([BuiltProgram.orch, "status", "--bief"], in: "repo")
    #expect(wrong.exitCode == 64)
  }
}
