import Foundation
import Git2
import Synchronization
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Writing packs` {
  let scratch = Scratch.current

  @Test func `git accepts the pack and finds every object in it`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    var writer = PackWriter()
    let blob = try writer.add(Array("content\n".utf8), .blob)
    let empty = try writer.add([], .blob)
    let tree = RawTree([
      .init(mode: RawTree.fileMode, name: "a", id: blob),
      .init(mode: RawTree.fileMode, name: "b", id: empty),
    ])
    let treeID = try writer.add(tree.bytes, .tree)
    let name = try #require(try writer.write(into: repository.commonDirectory + "/objects"))
    try scratch.git("verify-pack", "-v", ".git/objects/pack/\(name).idx", in: "repo")
    #expect(try scratch.git("cat-file", "blob", blob.hex, in: "repo") == "content")
    #expect(
      try scratch.git("ls-tree", treeID.hex, in: "repo")
        == "100644 blob \(blob)\ta\n100644 blob \(empty)\tb")
    #expect(try repository.object(treeID)?.bytes == tree.bytes)
  }

  @Test func `versions of a folder become a chain of deltas that git can read`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    var writer = PackWriter()
    var tree = RawTree()
    for number in 0..<256 {
      let id = try writer.add(Array("file \(number)".utf8), .blob)
      tree.set(.init(mode: RawTree.fileMode, name: "entry-\(number)", id: id))
    }
    var ids = [try writer.add(tree.bytes, .tree)]
    for round in 0..<100 {
      let id = try writer.add(Array("round \(round)".utf8), .blob)
      tree.set(.init(mode: RawTree.fileMode, name: "entry-\(round * 7 % 256)", id: id))
      ids.append(try writer.add(tree.bytes, .tree, resembling: ids.last))
    }
    let name = try #require(try writer.write(into: repository.commonDirectory + "/objects"))
    let listing = try scratch.git("verify-pack", "-v", ".git/objects/pack/\(name).idx", in: "repo")
    #expect(listing.contains("chain length = 32"), "no delta chains were written")
    for id in ids {
      #expect(try repository.header(of: id)?.kind == .tree)
      _ = try scratch.git("cat-file", "-p", id.hex, in: "repo")
    }
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `random batches are read back by git byte for byte`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    var writer = PackWriter()
    var contents: [ObjectID: [UInt8]] = [:]
    var last: ObjectID?
    for _ in 0..<60 {
      var content = last.flatMap { contents[$0] } ?? []
      let edits = Int.random(in: 0..<4, using: &random)
      for _ in 0..<edits {
        let place = Int.random(in: 0...content.count, using: &random)
        let length = Int.random(in: 0..<90_000, using: &random)
        content.insert(
          contentsOf: (0..<length).map { _ in UInt8.random(in: 0...3, using: &random) }, at: place)
      }
      if content.count > 400_000 { content.removeFirst(200_000) }
      let id = try writer.add(content, .blob, resembling: last)
      contents[id] = content
      last = id
    }
    try writer.write(into: repository.commonDirectory + "/objects")
    for (id, content) in contents {
      #expect(try repository.object(id)?.bytes == content, "seed \(seed)")
    }
    try scratch.git("fsck", "--no-dangling", in: "repo")
  }

  @Test func `an empty batch writes nothing`() throws {
    try scratch.repository()
    #expect(try PackWriter().write(into: scratch["repo/.git/objects"]) == nil)
  }

  @Test func `the user's gc neither counts nor removes the packs`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    var ids: [ObjectID] = []
    for number in 0..<60 {
      var writer = PackWriter()
      ids.append(try writer.add(Array("object \(number)".utf8), .blob))
      try writer.write(into: repository.commonDirectory + "/objects")
    }
    try scratch.git("-c", "gc.autoPackLimit=50", "-c", "gc.auto=6700", "gc", "--auto", in: "repo")
    try scratch.git("gc", "--prune=now", in: "repo")
    for id in ids { _ = try scratch.git("cat-file", "-e", id.hex, in: "repo") }
  }

  @Test func `a temporary file that the user's prune removes is written again`() throws {
    try scratch.repository()
    let folder = scratch["repo/.git/objects/pack"]
    let isOver = Atomic(false)
    let removed = Mutex<Set<String>>([])
    let prune = Thread {
      var seen: Set<String> = []
      while !isOver.load(ordering: .relaxed) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.hasPrefix("tmp_") && seen.insert(name).inserted && seen.count % 2 == 0 {
          if unlink("\(folder)/\(name)") == 0 { removed.withLock { _ = $0.insert(name) } }
        }
      }
    }
    prune.start()
    defer { isOver.store(true, ordering: .relaxed) }
    var ids: [ObjectID] = []
    // Large enough to be met while they are written.
    var random = SeededRandom(seed: 3)
    while removed.withLock({ $0.count }) < 3, ids.count < 2000 {
      var writer = PackWriter()
      let bytes = (0..<50_000).map { _ in UInt8.random(in: 0...255, using: &random) }
      ids.append(try writer.add(bytes, .blob))
      try writer.write(into: scratch["repo/.git/objects"])
    }
    #expect(removed.withLock { $0.count } >= 3, "none was met in \(ids.count)")
    for id in ids { _ = try scratch.git("cat-file", "-e", id.hex, in: "repo") }
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `a directory that cannot be written is a typed error`() throws {
    var writer = PackWriter()
    try writer.add(Array("x".utf8), .blob)
    #expect(throws: PackError.self) { try writer.write(into: scratch["missing/objects"]) }
  }
}
