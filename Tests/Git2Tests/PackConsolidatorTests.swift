import Foundation
import TestSupport
import Testing

@testable import Git2

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Joining packs` {
  let scratch = Scratch.current
  private var packs: String { scratch["repo/.git/objects/pack"] }

  private func names(_ ending: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: packs).filter { $0.hasSuffix(ending) }
  }

  private func bytes() throws -> Int {
    try names(".pack").reduce(0) { sum, name in
      sum + (try Data(contentsOf: URL(fileURLWithPath: packs + "/" + name)).count)
    }
  }

  /// A folder of 200 entries through many versions, of which some packs hold several.
  private func write(
    _ count: Int, _ random: inout SeededRandom, _ contents: inout [ObjectID: RawObject]
  ) throws {
    var tree = RawTree()
    for number in 0..<200 {
      let name = String(1000 + number)
      tree.set(.init(mode: RawTree.fileMode, name: name, id: try someID(&random)))
    }
    for pack in 0..<count {
      var writer = PackWriter()
      var last: ObjectID?
      for _ in 0..<(pack % 5 == 0 ? 4 : 1) {
        for _ in 0..<Int.random(in: 1...(pack % 7 == 0 ? 60 : 2), using: &random) {
          // A name of another length now and then, so that versions differ in length.
          let name = String(Int.random(in: pack % 9 == 0 ? 1...2 : 1000...1199, using: &random))
          tree.set(.init(mode: RawTree.fileMode, name: name, id: try someID(&random)))
        }
        let blob = Array("blob \(pack) \(UInt64.random(in: 0 ... .max, using: &random))".utf8)
        contents[try writer.add(blob, .blob)] = RawObject(kind: .blob, bytes: blob)
        let id = try writer.add(tree.bytes, .tree, resembling: last)
        contents[id] = RawObject(kind: .tree, bytes: tree.bytes)
        last = id
      }
      try writer.write(into: scratch["repo/.git/objects"])
    }
  }

  private func someID(_ random: inout SeededRandom) throws -> ObjectID {
    try #require(
      ObjectID(bytes: (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }))
  }

  @Test func `folders become deltas, and every object is what it was`() throws {
    try scratch.repository()
    for round in 0..<UInt64(3) {
      let seed = TestSeed.next() &+ round
      var random = SeededRandom(seed: seed)
      var contents: [ObjectID: RawObject] = [:]
      let start = try bytes()
      try write(PackConsolidator.fanIn * 2, &random, &contents)
      let before = try bytes()
      while try PackConsolidator.consolidate(scratch["repo/.git/objects"]) > 0 {}
      #expect(try names(".pack").count < PackConsolidator.fanIn, "seed \(seed)")
      let after = try bytes()
      #expect(after - start < (before - start) * 3 / 4, "\(start) \(before) \(after) seed \(seed)")
      for name in try names(".idx") {
        try scratch.git("verify-pack", ".git/objects/pack/" + name, in: "repo")
      }
      let repository = try Repository(at: scratch["repo"])
      for (id, object) in contents {
        #expect(try repository.object(id) == object, "seed \(seed)")
      }
      let ids = contents.keys.map { $0.hex + "\n" }.joined()
      let listing = try scratch.git("cat-file", "--batch-check", in: "repo", input: ids)
      for line in listing.split(separator: "\n") {
        let words = line.split(separator: " ")
        let id = try #require(ObjectID(hex: words[0]))
        #expect(words[1] == contents[id]?.kind.name ?? "", "seed \(seed)")
        #expect(Int(words[2]) == contents[id]?.bytes.count, "seed \(seed)")
      }
    }
  }

  @Test func `packs of git's own making are left as they are`() throws {
    try scratch.repository(files: ["a": String(repeating: "line\n", count: 500)])
    for number in 0..<20 {
      try scratch.write("repo/a", String(repeating: "line\n", count: 500) + "\(number)\n")
      try scratch.git("commit", "-qam", "change", in: "repo")
    }
    try scratch.git("-c", "repack.useDeltaBaseOffset=false", "repack", "-adq", in: "repo")
    let own = try #require(try names(".pack").first)
    try scratch.write("repo/.git/objects/pack/\(own.dropLast(5)).keep", "orch\n")
    var random = SeededRandom(seed: 1)
    var contents: [ObjectID: RawObject] = [:]
    try write(PackConsolidator.fanIn, &random, &contents)
    #expect(try PackConsolidator.consolidate(scratch["repo/.git/objects"]) > 1)
    #expect(try names(".pack").contains(own))
    try scratch.git("fsck", "--no-dangling", in: "repo")
    #expect(try scratch.git("rev-list", "--count", "HEAD", in: "repo") == "21")
  }

  @Test func `an index over all packs goes before a pack that it names, and only then`() throws {
    try scratch.repository()
    try scratch.git("repack", "-adq", in: "repo")
    try scratch.git("multi-pack-index", "write", in: "repo")
    let index = "repo/.git/objects/pack/multi-pack-index"
    var random = SeededRandom(seed: 1)
    var contents: [ObjectID: RawObject] = [:]
    let join = { try PackConsolidator.consolidate(scratch["repo/.git/objects"]) }
    try write(PackConsolidator.fanIn, &random, &contents)
    #expect(try join() > 1)
    #expect(scratch.exists(index))
    try write(PackConsolidator.fanIn, &random, &contents)
    try scratch.git("multi-pack-index", "write", in: "repo")
    #expect(try join() > 1)
    #expect(!scratch.exists(index))
    let ids = contents.keys.map { $0.hex + "\n" }.joined()
    let listing = try scratch.git("cat-file", "--batch-check", in: "repo", input: ids)
    #expect(!listing.contains("missing"))
    try scratch.git("fsck", "--no-dangling", in: "repo")
    // One that cannot be understood is nobody's help.
    for spoilt in ["", "MIDX", "MIDX" + String(repeating: "\u{7F}", count: 4000)] {
      try scratch.write(index, spoilt)
      PackFolder.removeIndexOfAll(naming: [], in: packs)
      #expect(!scratch.exists(index))
    }
  }

  @Test func `packs that a disk has changed are left as they are, to be found out`() throws {
    try scratch.repository()
    let before = Set(try names(".pack"))
    var random = SeededRandom(seed: 1)
    var contents: [ObjectID: RawObject] = [:]
    try write(PackConsolidator.fanIn + 1, &random, &contents)
    let spoilt = try #require(Set(try names(".pack")).subtracting(before).sorted().first)
    let file = URL(fileURLWithPath: packs + "/" + spoilt)
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 1
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    try bytes.write(to: file)
    #expect(
      try PackConsolidator.consolidate(scratch["repo/.git/objects"]) == PackConsolidator.fanIn)
    #expect(try names(".pack").contains(spoilt))
  }

  @Test func `deltas make what they were made for, or are not made`() throws {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    for _ in 0..<300 {
      let basis = (0..<Int.random(in: 0..<400, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      var target = basis
      for _ in 0..<Int.random(in: 0..<5, using: &random) where !target.isEmpty {
        target[Int.random(in: 0..<target.count, using: &random)] ^= 1
      }
      if Bool.random(using: &random) {
        target.insert(7, at: Int.random(in: 0...target.count, using: &random))
      }
      guard let delta = Delta.between(basis, target) else { continue }
      #expect(applied(delta, to: basis) == target, "seed \(seed)")
    }
  }

  /// Carries git's delta instructions out.
  private func applied(_ delta: [UInt8], to basis: [UInt8]) -> [UInt8] {
    var rest = delta[...]
    func size() -> Int {
      var size = 0
      var shift = 0
      while let byte = rest.popFirst() {
        size |= Int(byte & 0x7F) << shift
        shift += 7
        if byte & 0x80 == 0 { break }
      }
      return size
    }
    var result: [UInt8] = []
    guard size() == basis.count else { return [] }
    let wanted = size()
    while let instruction = rest.popFirst() {
      if instruction & 0x80 == 0 {
        result += rest.prefix(Int(instruction))
        rest = rest.dropFirst(Int(instruction))
        continue
      }
      var numbers = [0, 0]
      for bit in 0..<7 where instruction & 1 << bit != 0 {
        numbers[bit / 4] |= Int(rest.popFirst() ?? 0) << (8 * (bit % 4))
      }
      let count = numbers[1] == 0 ? 0x10000 : numbers[1]
      result += basis[numbers[0]..<numbers[0] + count]
    }
    return result.count == wanted ? result : []
  }
}
