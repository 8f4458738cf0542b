import Foundation
import TestSupport
import Testing

/// What a disk can lose beside the objects of the state.
extension `Files of the state that a disk has lost` {
  @Test(arguments: [Damage.emptied, .cut])
  func `and references that are torn stop nothing, and the work stays shared`(
    damage: Damage
  ) throws {
    let play = try playground()
    try play.ok("run", "--until-idle")
    try play.ok("sync")
    let names = try scratch.git(
      "for-each-ref", "--format=%(refname)", "refs/orch", "refs/notes", in: "repo")
    let files = names.split(separator: "\n").map { "repo/.git/\($0)" }
      .filter { scratch.exists($0) && $0 != "repo/.git/refs/orch/state" }
    for part in ["remotes/origin/orch/state", "/claims/", "/hosts/", "notes/orchestrator"] {
      try #require(files.contains { $0.contains(part) }, "\(part): \(files)")
    }
    let tip = try scratch.git("rev-parse", "refs/notes/orchestrator", in: "repo")
    try each(files) { file in
      try spoil(file, damage)
      // What is cut needs more than a look at sizes.
      if damage == .cut { try play.ok("doctor", "--fix") }
      let added = try play.orch("task", "add", "Fourth", "--quiet")
      #expect(added.exitCode == 0, "\(file): \(added)")
      #expect(
        added.errorOutput.contains("holds no reference") == (damage == .emptied), "\(added)")
      let doctor = try play.orch("doctor")
      #expect(doctor.exitCode == 0, "\(file): \(doctor)")
      #expect(doctor.output.contains("the work is shared through 'origin'"), "\(file): \(doctor)")
      try play.ok("run", "--until-idle")
      try play.ok("sync")
      #expect(try titles(play) == Self.titles + ["Fourth"], "\(file)")
      for name in ["refs/orch/state", "refs/notes/orchestrator"] {
        let here = try scratch.git("rev-parse", name, in: "repo")
        #expect(try here == scratch.git("rev-parse", name, in: "origin.git"), "\(file)")
      }
      try scratch.git(
        "merge-base", "--is-ancestor", tip, "refs/notes/orchestrator", in: "repo")
      try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
    }
  }

  @Test func `and with them objects of the code are named, and can be fetched anew`() throws {
    let play = try playground()
    let before = Set(try packFiles(".pack"))
    try scratch.write("repo/big.txt", (0..<5000).map { "line \($0 * 7919)\n" }.joined())
    try scratch.git("add", "-A", in: "repo")
    try scratch.git("commit", "-qm", "code", in: "repo")
    try scratch.git("push", "-q", "origin", "main", in: "repo")
    try scratch.git("repack", "-dq", in: "repo")
    let own = try #require(Set(try packFiles(".pack")).subtracting(before).first)
    try spoil(own, .cut)
    let mended = try play.orch("doctor", "--fix")
    #expect(mended.exitCode == 1, "\(mended)")
    #expect(mended.output.contains("BAD  objects of the code are lost"), "\(mended)")
    #expect(mended.output.contains("ok   the state is whole"), "\(mended)")
    // As the hint says.
    #expect(mended.output.contains("git fetch --refetch origin"), "\(mended)")
    try scratch.git("fetch", "-q", "--refetch", "origin", in: "repo")
    try scratch.git("fsck", "--strict", "--no-dangling", "--no-reflogs", in: "repo")
    try play.ok("doctor")
  }
}
