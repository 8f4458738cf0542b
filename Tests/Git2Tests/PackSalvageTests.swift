import Foundation
import Git2
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `What is left of a pack` {
  let scratch = Scratch.current
  private var packs: String { scratch["repo/.git/objects/pack"] }

  /// A repository with one pack of many objects, of which most are deltas; returns the pack's name.
  private func repository() throws -> String {
    let lines = (0..<300).map { "line \($0)\n" }
    try scratch.repository("repo", files: ["a": lines.joined()])
    for number in 1...40 {
      var changed = lines
      changed[number * 7] = "changed in \(number)\n"
      try scratch.write("repo/a", changed.joined())
      try scratch.git("commit", "-qam", "\(number)", in: "repo")
    }
    try scratch.git("gc", "-q", in: "repo")
    return try #require(PackFolder.names(in: packs).first)
  }

  private func objects(_ directory: String) throws -> Set<String> {
    let list = try scratch.git(
      "cat-file", "--batch-all-objects", "--batch-check=%(objectname)", in: directory)
    return Set(list.split(separator: "\n").map(String.init))
  }

  /// One object of a pack, as `git verify-pack -v` lists it.
  private struct Entry {
    let id: String
    let offset: Int
    let end: Int
    let basis: String?
  }

  private func entries(_ name: String) throws -> [Entry] {
    let listed = try scratch.git("verify-pack", "-v", ".git/objects/pack/\(name).idx", in: "repo")
    return listed.split(separator: "\n").compactMap { line in
      // Id, kind, size, size in the pack, where it begins; of a delta, its depth and what it is of.
      let words = line.split(separator: " ").map(String.init)
      guard words.count >= 5, words[0].count == 40, let size = Int(words[3]),
        let offset = Int(words[4])
      else { return nil }
      return Entry(
        id: words[0], offset: offset, end: offset + size, basis: words.count > 6 ? words[6] : nil)
    }
  }

  /// What is lost with a byte: the object that has it, and what is a delta of that.
  private func lost(at place: Int, _ entries: [Entry]) -> Set<String> {
    var lost = Set(entries.filter { ($0.offset..<$0.end).contains(place) }.map(\.id))
    var count: Int
    repeat {
      count = lost.count
      lost.formUnion(entries.filter { $0.basis.map(lost.contains) == true }.map(\.id))
    } while lost.count > count
    return lost
  }

  private func spoil(_ name: String, _ change: (inout Data) -> Void) throws {
    let file = URL(fileURLWithPath: "\(packs)/\(name).pack")
    var bytes = try Data(contentsOf: file)
    change(&bytes)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    try bytes.write(to: file)
  }

  /// Spoils a byte of a pack and expects everything of it that does not need that byte.
  private func expectRest(of name: String) throws {
    let all = try objects("repo")
    let lost = try lost(at: 200, entries(name))
    try spoil(name) { $0[200] ^= 0x55 }
    let salvage = try #require(try PackFolder.salvage(name, in: packs))
    #expect(!lost.isEmpty && lost.count < 20 && salvage.lost == lost.count, "\(salvage)")
    try PackFolder.move(name, from: packs, to: scratch["aside"])
    #expect(try objects("repo") == all.subtracting(lost))
  }

  @Test func `is all but the objects that were hit, and what was a delta of them`() throws {
    let name = try repository()
    try expectRest(of: name)
    let new = try #require(PackFolder.names(in: packs).first { $0 != name })
    try scratch.git("verify-pack", ".git/objects/pack/\(new).idx", in: "repo")
    // It is a person's pack: nobody keeps it from being packed again.
    #expect(!scratch.exists("repo/.git/objects/pack/\(new).keep"))
  }

  @Test func `is what stands before the end, of one that is cut off`() throws {
    let name = try repository()
    let all = try objects("repo")
    let ends = try entries(name).map(\.end)
    var end = 0
    try spoil(name) {
      end = $0.count / 2
      $0 = $0.prefix(end)
    }
    #expect(PackFolder.damaged(in: packs).map(\.name) == [name])
    let salvage = try #require(try PackFolder.salvage(name, in: packs))
    #expect(ends.count == all.count)
    #expect(salvage.kept == ends.count { $0 <= end } && salvage.kept > 10, "\(salvage)")
    #expect(salvage.kept + salvage.lost == all.count)
    try PackFolder.move(name, from: packs, to: scratch["aside"])
    #expect(try objects("repo").count == salvage.kept)
    // What was moved is as it was.
    #expect(scratch.exists("aside/\(name).pack") && scratch.exists("aside/\(name).idx"))
  }

  @Test func `is all of it where its end alone was hit, under another name`() throws {
    let name = try repository()
    let all = try objects("repo")
    try spoil(name) { $0[$0.count - 1] ^= 1 }
    let salvage = try #require(try PackFolder.salvage(name, in: packs))
    #expect(salvage.kept == all.count && salvage.lost == 0, "\(salvage)")
    try PackFolder.move(name, from: packs, to: scratch["aside"])
    #expect(try objects("repo") == all)
    try scratch.git("fsck", "--strict", in: "repo")
  }

  @Test func `has deltas that name what they are of`() throws {
    _ = try repository()
    try scratch.git("-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq", in: "repo")
    let name = try #require(PackFolder.names(in: packs).first)
    try expectRest(of: name)
    for name in PackFolder.names(in: packs) {
      try scratch.git("verify-pack", ".git/objects/pack/\(name).idx", in: "repo")
    }
  }

  @Test func `is not asked for where the index is damaged`() throws {
    let name = try repository()
    let file = URL(fileURLWithPath: "\(packs)/\(name).idx")
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 1
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    try bytes.write(to: file)
    #expect(try PackFolder.salvage(name, in: packs) == nil)
    #expect(PackFolder.names(in: packs) == [name])
  }

  @Test func `is nothing without an index, and the pack is left alone`() throws {
    let name = try repository()
    try FileManager.default.removeItem(atPath: "\(packs)/\(name).idx")
    #expect(try PackFolder.salvage(name, in: packs) == nil)
    // It might be on its way in.
    #expect(PackFolder.damaged(in: packs) == [])
    #expect(PackFolder.isPassing(name, in: packs))
  }
}
