import Foundation
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Objects of the code that a disk has lost` {
  let scratch = Scratch.current

  @Test(arguments: [false, true])
  func `are told where nothing is left of their pack`(isOlder: Bool) throws {
    let play = try Playground()
    try play.ok("task", "add", "Work", "--quiet")
    try play.ok("sync")
    let packed = try scratch.run(
      [
        "sh", "-c",
        """
        git rev-list --objects HEAD | git pack-objects -q .git/objects/pack/pack &&
        git prune-packed && mkdir ../away
        """,
      ], in: "repo")
    #expect(packed.exitCode == 0, "\(packed)")
    let name = "pack-" + packed.output.trimmingCharacters(in: .newlines)
    try play.ok("doctor")
    if isOlder {
      // What the branch leads to is there, and what it was made from is not.
      try scratch.write("repo/more.txt", "more\n")
      try scratch.git("add", "-A", in: "repo")
      try scratch.git("commit", "-qm", "more", in: "repo")
    }
    let (pack, away) = ("repo/.git/objects/pack/\(name)", "away/\(name)")
    for ending in [".pack", ".idx"] {
      try FileManager.default.moveItem(
        atPath: scratch[pack + ending], toPath: scratch[away + ending])
    }
    for words in [["doctor"], ["doctor", "--fix"]] {
      let found = try scratch.run([BuiltProgram.orch] + words, in: "repo")
      #expect(found.exitCode == 1, "\(found)")
      #expect(found.output.contains("BAD  objects of the code are lost: "), "\(found)")
      #expect(found.output.contains("ok   the state is whole"), "\(found)")
      #expect(found.output.contains("git fetch --refetch origin"), "\(found)")
    }
    // As the hint says.
    try scratch.git("fetch", "-q", "--refetch", "origin", in: "repo")
    try play.ok("doctor")
  }
}
