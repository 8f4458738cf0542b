import Foundation
import JSON
import TestSupport
import Testing

/// A disk that has lost, or changed, files of a repository that is shared with a remote.
@Suite(.scratch, .timeLimit(.minutes(30))) struct `Files of the state that a disk has lost` {
  let scratch = Scratch.current
  static let titles = ["First", "Second", "Third"]

  /// How a file is spoilt.
  enum Damage: CaseIterable { case emptied, cut, gone }

  func titles(_ play: Playground) throws -> [String] {
    try play.tasks().compactMap { $0["title"]?.string }
  }

  /// A repository with three tasks, of which the remote has all, and each of which is in a pack of its own.
  func playground() throws -> Playground {
    let play = try Playground()
    for title in Self.titles { try play.ok("task", "add", title, "--quiet") }
    try play.ok("sync")
    // What git has noted of packs, and how a person wants what is fetched, changes nothing.
    try scratch.git("multi-pack-index", "write", in: "repo")
    try scratch.git("commit-graph", "write", "--reachable", in: "repo")
    try scratch.git("config", "transfer.unpackLimit", "1000", in: "repo")
    return play
  }

  func spoil(_ path: String, _ damage: Damage) throws {
    let path = scratch[path]
    if damage == .gone { return try FileManager.default.removeItem(atPath: path) }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    // Packs are not to be written to by anybody.
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let rest = damage == .emptied ? Data() : bytes.prefix(bytes.count / 2)
    try rest.write(to: URL(fileURLWithPath: path))
  }

  func packFiles(_ ending: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch["repo/.git/objects/pack"])
      .filter { $0.hasSuffix(ending) }.sorted().map { "repo/.git/objects/pack/" + $0 }
  }

  /// Damages each file that `files` names, one after the other in fresh copies of the repository and its remote.
  func each(_ files: [String], _ check: (String) throws -> Void) throws {
    try #require(!files.isEmpty)
    let places = ["repo", "origin.git"].filter { scratch.exists($0) }
    // With the pipes that are in it.
    func copy(_ prefix: String, to other: String) throws {
      for place in places {
        try? FileManager.default.removeItem(atPath: scratch[other + place])
        let copied = try scratch.run(["cp", "-a", scratch[prefix + place], scratch[other + place]])
        #expect(copied.exitCode == 0, "\(copied)")
      }
    }
    try copy("", to: "kept-")
    for file in files {
      try copy("kept-", to: "")
      try check(file)
    }
  }

  private func expectWhole(_ play: Playground, _ file: String, besides more: [String] = []) throws {
    #expect(try titles(play) == Self.titles + more, "\(file)")
    try play.ok("task", "add", "Fourth", "--quiet")
    try play.ok("sync")
    #expect(
      try scratch.git("rev-parse", "refs/orch/state", in: "repo")
        == scratch.git("rev-parse", "refs/orch/state", in: "origin.git"))
    // The reference's log may name what is gone.
    try scratch.git("fsck", "--strict", "--no-dangling", "--no-reflogs", in: "repo")
    try scratch.git("gc", "--quiet", in: "repo")
    #expect(try titles(play) == Self.titles + more + ["Fourth"], "\(file)")
    try play.ok("doctor")
  }

  @Test(arguments: [".pack", ".idx"], Damage.allCases)
  func `of its packs are named by doctor, and brought back with all that was in them`(
    ending: String, damage: Damage
  ) throws {
    let play = try playground()
    try each(packFiles(ending)) { file in
      try spoil(file, damage)
      // A pack that has just been written has no index yet: only what stays so is damage.
      if ending == ".idx", damage == .gone {
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -7200)],
          ofItemAtPath: scratch[file.dropLast(3) + "pack"])
      }
      let found = try play.orch("doctor")
      #expect(found.exitCode == 1 && found.output.contains("is damaged: "), "\(found)")
      #expect(found.output.contains("orch doctor --fix"), "\(found)")
      let mended = try play.orch("doctor", "--fix")
      #expect(mended.exitCode == 0, "\(file): \(mended)")
      try expectWhole(play, file)
    }
  }

  @Test func `of a pack and its index both are read as far as they go, and kept`() throws {
    let play = try playground()
    try each(packFiles(".pack")) { file in
      let name = String(file.split(separator: "/").last ?? "")
      try spoil(file, .cut)
      try spoil(String(file.dropLast(4)) + "idx", .emptied)
      let rest = try Data(contentsOf: URL(fileURLWithPath: scratch[file]))
      let mended = try play.orch("doctor", "--fix")
      #expect(mended.exitCode == 0, "\(file): \(mended)")
      let kept = URL(fileURLWithPath: scratch["repo/.git/orch/broken/" + name])
      #expect(try Data(contentsOf: kept) == rest)
      try expectWhole(play, file)
    }
  }

  @Test func `are brought back by a doctor that is killed at any step, and called again`() throws {
    let play = try playground()
    let faults = try #require(try FaultLibrary(in: scratch))
    let isProof = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1"
    let steps = Swift.stride(from: 1, through: 120, by: isProof ? 1 : 12)
    let file = try #require(try packFiles(".pack").last)
    var kills = 0
    try each(steps.map { _ in file }) { file in
      let step = 1 + kills * (isProof ? 1 : 12)
      try spoil(file, kills % 2 == 0 ? .cut : .emptied)
      let killed = try scratch.run(
        [BuiltProgram.orch, "doctor", "--fix"], in: "repo",
        environment: faults.killing(at: step, below: scratch["repo/.git"], torn: kills % 3 == 0))
      kills += 1
      // The first time tells what it did; what a killed git has left is not in its way.
      let mended = try play.orch("doctor", "--fix")
      #expect(mended.exitCode == 0, "step \(step): \(killed)\n\(mended)")
      try expectWhole(play, "step \(step)")
    }
    #expect(kills == Array(steps).count)
  }

  @Test func `are brought back without a remote where what they were made from is there`() throws {
    let play = try playground()
    try play.ok("task", "add", "Unshared", "--quiet")
    try FileManager.default.moveItem(atPath: scratch["origin.git"], toPath: scratch["away.git"])
    try each(packFiles(".idx")) { file in
      try spoil(file, .emptied)
      let mended = try play.orch("doctor", "--fix")
      #expect(mended.output.contains("its index was made anew"), "\(mended)")
      #expect(try titles(play) == Self.titles + ["Unshared"], "\(file)")
    }
    try FileManager.default.moveItem(atPath: scratch["away.git"], toPath: scratch["origin.git"])
    try expectWhole(play, "all", besides: ["Unshared"])
  }

  @Test func `are not missed where the remote is away: it is said when they come back`() throws {
    let play = try playground()
    try FileManager.default.moveItem(atPath: scratch["origin.git"], toPath: scratch["away.git"])
    for file in try packFiles(".pack") { try spoil(file, .emptied) }
    let away = try play.orch("doctor", "--fix")
    #expect(away.exitCode == 1, "\(away)")
    #expect(away.output.contains("once 'origin' can be reached: orch doctor --fix"), "\(away)")
    try FileManager.default.moveItem(atPath: scratch["away.git"], toPath: scratch["origin.git"])
    let mended = try play.orch("doctor", "--fix")
    #expect(mended.output.contains("was fetched anew"), "\(mended)")
    #expect(try titles(play) == Self.titles)
  }

  @Test func `and objects whose bytes have changed are found by doctor, and brought back`() throws {
    let play = try playground()
    var finds = 0
    try each(packFiles(".pack")) { file in
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o644], ofItemAtPath: scratch[file])
      let url = URL(fileURLWithPath: scratch[file])
      var bytes = try Data(contentsOf: url)
      for place in stride(from: 40, to: bytes.count - 40, by: 16) { bytes[place] ^= 0x55 }
      try bytes.write(to: url)
      let found = try play.orch("doctor")
      // What only an older state needs is read by nobody.
      if found.exitCode == 0 { return }
      finds += 1
      #expect(found.output.contains("orch doctor --fix"), "\(found)")
      let mended = try play.orch("doctor", "--fix")
      #expect(mended.exitCode == 0, "\(file): \(mended)")
      try expectWhole(play, file)
    }
    #expect(finds >= Self.titles.count, "\(finds)")
  }

  @Test func `leave what this machine alone has where it can be read`() throws {
    let play = try playground()
    let shared = try packFiles(".pack")
    try play.ok("task", "add", "Unshared", "--quiet")
    try FileManager.default.moveItem(atPath: scratch["origin.git"], toPath: scratch["away.git"])
    for file in shared { try spoil(file, .emptied) }
    // Meanwhile an older state, or none, is gone on with.
    let away = try play.orch("doctor", "--fix")
    #expect(away.exitCode == 1, "\(away)")
    try FileManager.default.moveItem(atPath: scratch["away.git"], toPath: scratch["origin.git"])
    try play.ok("doctor", "--fix")
    try expectWhole(play, "all shared packs", besides: ["Unshared"])
  }

  @Test func `and were given up while the remote was away are part of the state again`() throws {
    let play = try playground()
    let older = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    try play.ok("task", "add", "Unshared", "--quiet")
    // As recovery does where a folder that both share is lost.
    try scratch.git(
      "update-ref", "-m", "orch: recovery, objects were lost", "refs/orch/state", older, in: "repo")
    let mended = try play.ok("doctor", "--fix")
    #expect(mended.contains("is part of the state again"), "\(mended)")
    try expectWhole(play, "reference", besides: ["Unshared"])
  }

  @Test(arguments: [Damage.emptied, .cut])
  func `and single objects are found by doctor, and brought back`(damage: Damage) throws {
    let play = try playground()
    let made = try scratch.run(
      [
        "sh", "-c",
        """
        mkdir ../old; mv .git/objects/pack/* ../old/
        for p in ../old/*.pack; do git unpack-objects -q < "$p" || exit 1; done
        """,
      ], in: "repo")
    #expect(made.exitCode == 0, "\(made)")
    let log = try scratch.git(
      "ls-tree", "-r", "--format=%(objectname) %(path)", "refs/orch/state", in: "repo")
    let ids = log.split(separator: "\n").filter { $0.contains("/log/") }.map { $0.prefix(40) }
    try each(ids.prefix(2).map { "repo/.git/objects/\($0.prefix(2))/\($0.dropFirst(2))" }) { file in
      try spoil(file, damage)
      let found = try play.orch("doctor")
      #expect(found.exitCode == 1 && found.output.contains("orch doctor --fix"), "\(found)")
      let mended = try play.orch("doctor", "--fix")
      #expect(mended.exitCode == 0, "\(file): \(mended)")
      try expectWhole(play, file)
    }
  }

  @Test(arguments: Damage.allCases)
  func `besides its objects are made anew by whoever needs them`(damage: Damage) throws {
    let play = try playground()
    try play.ok("status")
    let folder = "repo/.git/orch"
    let cache = try FileManager.default.contentsOfDirectory(atPath: scratch[folder + "/cache"])
      .map { folder + "/cache/" + $0 }
    let others = [
      "repo/.git/logs/refs/orch/state", folder + "/host.json", "repo/.git/refs/orchestrator",
    ]
    try each(cache + others) { file in
      try spoil(file, damage)
      #expect(try titles(play) == Self.titles, "\(file)")
      try expectWhole(play, file)
    }
  }

  @Test func `and that nobody else has are said to be gone, and the rest is gone on with`() throws {
    let play = try playground()
    let before = Set(try packFiles(".pack"))
    try play.ok("task", "add", "Unshared", "--quiet")
    let own = try #require(Set(try packFiles(".pack")).subtracting(before).first)
    try spoil(own, .emptied)
    let mended = try play.orch("doctor", "--fix")
    #expect(mended.exitCode == 0, "\(mended)")
    #expect(mended.output.contains("the newest state that is whole"), "\(mended)")
    try expectWhole(play, own)
  }
}
