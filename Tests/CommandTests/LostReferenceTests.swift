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
      let added = try play.orch("task", "add", "Fourth", "--quiet")
      #expect(added.exitCode == 0, "\(file): \(added)")
      // A run that took itself for alone would tell nobody.
      let run = try play.orch("run", "--until-idle")
      #expect(run.exitCode == 0, "\(file): \(run)")
      #expect((added.errorOutput + run.errorOutput).contains("holds no reference"), "\(file)")
      let doctor = try play.orch("doctor")
      #expect(doctor.exitCode == 0, "\(file): \(doctor)")
      #expect(doctor.output.contains("the work is shared through 'origin'"), "\(file): \(doctor)")
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

  @Test func `and a reference of this machine alone is left to a person if nothing is known of it`()
    throws
  {
    let play = try playground()
    try scratch.write("repo/.git/refs/orch/left/0123456789ab", "")
    for words in [["doctor"], ["doctor", "--fix"]] {
      let found = try scratch.run([BuiltProgram.orch] + words, in: "repo")
      #expect(found.exitCode == 1 && found.output.contains("git fsck --lost-found"), "\(found)")
    }
    #expect(try scratch.read("repo/.git/refs/orch/left/0123456789ab") == "")
    try play.ok("task", "add", "Fourth", "--quiet")
    try play.ok("sync")
  }

  @Test func `and where no state is known any more none is begun in its place`() throws {
    let play = try playground()
    for file in ["refs/orch/state", "refs/orch/remotes/origin/orch/state"] {
      try scratch.write("repo/.git/" + file, "")
    }
    try FileManager.default.removeItem(atPath: scratch["repo/.git/logs/refs/orch/state"])
    let added = try play.orch("task", "add", "Fourth", "--quiet")
    #expect(added.exitCode == 1, "\(added)")
    #expect(added.errorOutput.contains("no whole state is known here"), "\(added)")
    #expect(try scratch.read("repo/.git/refs/orch/state") == "")
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
