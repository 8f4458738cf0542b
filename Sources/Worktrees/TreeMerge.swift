internal import Git2

/// Why a path could not be merged.
public enum ConflictKind: String, Sendable, Hashable {
  /// Both sides changed the same lines.
  case content
  /// One side removed what the other changed.
  case deleteModify = "delete/modify"
  /// Both sides added it, differently.
  case addAdd = "add/add"
  /// Both sides changed a file that is not text.
  case binary
  /// Both sides changed what it is: file, link, submodule, executable.
  case mode
  /// One side moved or removed a folder in which the other added files.
  case folder = "folder moved or removed"
}

/// A path that needs a decision.
public struct ConflictFile: Sendable, Hashable {
  /// Its path; bytes that are not UTF-8 are replaced.
  public let path: String
  /// Why.
  public let kind: ConflictKind
  /// The merged text with conflict markers, if it is text.
  public let text: String?
}

/// Merges three trees by descending only where both sides differ from their ancestor.
///
/// New objects are collected in a pack; nothing is written. Where an entry was removed or its type
/// changed, a rename is possible and libgit2's whole-tree merge decides.
struct TreeMerge {
  /// The longest text with markers that is kept for a conflict, in bytes.
  static let maximumConflictTextBytes = 16 * 1024

  /// New trees and blobs.
  var pack: PackWriter
  /// What could not be merged.
  private(set) var conflicts: [ConflictFile] = []
  /// True if an entry was removed, added or retyped against a change: a rename may explain it.
  private var mayBeRename = false

  init(pack: PackWriter) { self.pack = pack }

  /// Merges; the result is nil if `conflicts` says why not.
  mutating func merge(
    ancestor: ObjectID, ours: ObjectID, theirs: ObjectID, in repository: borrowing Repository
  ) throws -> ObjectID? {
    conflicts = []
    mayBeRename = false
    let result = try mergeTree(ancestor, ours, theirs, path: [], in: repository)
    if conflicts.isEmpty { return result }
    let isFolderMoved = conflicts.contains { $0.kind == .folder }
    guard mayBeRename, !isFolderMoved else { return nil }
    return try mergeWhole(ancestor, ours, theirs, in: repository)
  }

  private mutating func mergeWhole(
    _ ancestor: ObjectID, _ ours: ObjectID, _ theirs: ObjectID,
    in repository: borrowing Repository
  ) throws -> ObjectID? {
    // libgit2 reads from the repository: what this merge has made so far must be there.
    try pack.write(into: repository.commonDirectory + "/objects")
    pack = PackWriter()
    switch try repository.mergeTrees(ancestor: ancestor, ours: ours, theirs: theirs) {
    case .clean(let tree):
      conflicts = []
      return tree
    case .conflict(let paths):
      let known = Dictionary(conflicts.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
      conflicts = paths.map { known[$0] ?? ConflictFile(path: $0, kind: .content, text: nil) }
      return nil
    }
  }

  private mutating func mergeTree(
    _ ancestor: ObjectID?, _ ours: ObjectID, _ theirs: ObjectID, path: [UInt8],
    in repository: borrowing Repository
  ) throws -> ObjectID {
    let base = try ancestor.map { try tree($0, in: repository) } ?? RawTree()
    var result = try tree(ours, in: repository)
    let other = try tree(theirs, in: repository)
    for name in Self.names(base, result, other) {
      let (before, mine, its) = (base[name], result[name], other[name])
      if mine == its || before == its { continue }
      if before == mine {
        if let its { result.set(its) } else { result.remove(name) }
        continue
      }
      let place = path.isEmpty ? name : path + [0x2F] + name
      if let merged = try mergeEntry(before, mine, its, path: place, in: repository) {
        result.set(merged)
      }
    }
    return try pack.add(result.bytes, .tree)
  }

  /// Merges an entry that both sides changed, differently; nil if it is in conflict.
  private mutating func mergeEntry(
    _ before: RawTree.Entry?, _ mine: RawTree.Entry?, _ its: RawTree.Entry?, path: [UInt8],
    in repository: borrowing Repository
  ) throws -> RawTree.Entry? {
    guard let mine, let its else {
      try noteRemoval(before, mine ?? its, path: path, in: repository)
      return nil
    }
    if mine.isTree, its.isTree {
      let ancestor = before?.isTree == true ? before?.id : nil
      let id = try mergeTree(ancestor, mine.id, its.id, path: path, in: repository)
      return RawTree.Entry(mode: RawTree.treeMode, name: mine.name, id: id)
    }
    guard Self.isFile(mine), Self.isFile(its), before.map(Self.isFile) ?? false, let before else {
      mayBeRename = mayBeRename || before == nil
      note(path, before == nil ? .addAdd : .mode)
      return nil
    }
    let mode = mine.mode == before.mode ? its.mode : mine.mode
    if mine.id == its.id || before.id == its.id {
      return RawTree.Entry(mode: mode, name: mine.name, id: mine.id)
    }
    if before.id == mine.id { return RawTree.Entry(mode: mode, name: mine.name, id: its.id) }
    return try mergeFile(before.id, mine.id, its.id, mode: mode, path: path, in: repository)
  }

  private mutating func mergeFile(
    _ before: ObjectID, _ mine: ObjectID, _ its: ObjectID, mode: UInt32, path: [UInt8],
    in repository: borrowing Repository
  ) throws -> RawTree.Entry? {
    let contents = try [before, mine, its].map { try blob($0, in: repository) }
    if contents.contains(where: { $0.prefix(8000).contains(0) }) {
      note(path, .binary)
      return nil
    }
    let merged = try Repository.mergeFile(
      ancestor: contents[0], ours: contents[1], theirs: contents[2])
    guard merged.isClean else {
      let text = String(
        decoding: merged.bytes.prefix(Self.maximumConflictTextBytes), as: UTF8.self)
      note(path, .content, text)
      return nil
    }
    let name = path.split(separator: 0x2F).last.map(Array.init) ?? path
    return RawTree.Entry(mode: mode, name: name, id: try pack.add(merged.bytes, .blob))
  }

  /// One side removed what the other changed; of a folder it may have been moved away.
  private mutating func noteRemoval(
    _ before: RawTree.Entry?, _ left: RawTree.Entry?, path: [UInt8],
    in repository: borrowing Repository
  ) throws {
    mayBeRename = true
    guard let before, let left, before.isTree, left.isTree else {
      note(path, .deleteModify)
      return
    }
    // git reports a file that was added to a folder which the other side moved; libgit2 leaves it in
    // the old place without a word, so its verdict is not asked for.
    let added = try addsFiles(before.id, left.id, in: repository)
    note(path, added ? .folder : .deleteModify)
  }

  private func addsFiles(
    _ before: ObjectID, _ after: ObjectID, in repository: borrowing Repository
  ) throws -> Bool {
    let old = try tree(before, in: repository)
    for entry in try tree(after, in: repository).entries {
      guard let known = old[entry.name] else { return true }
      if known.id != entry.id, known.isTree, entry.isTree,
        try addsFiles(known.id, entry.id, in: repository)
      {
        return true
      }
    }
    return false
  }

  private mutating func note(_ path: [UInt8], _ kind: ConflictKind, _ text: String? = nil) {
    conflicts.append(
      ConflictFile(path: String(decoding: path, as: UTF8.self), kind: kind, text: text))
  }

  private func tree(_ id: ObjectID, in repository: borrowing Repository) throws -> RawTree {
    if let own = pack[id] { return try RawTree(bytes: own.bytes) }
    return try RawTree(bytes: repository.bytes(of: id, .tree))
  }

  private func blob(_ id: ObjectID, in repository: borrowing Repository) throws -> [UInt8] {
    if let own = pack[id] { return own.bytes }
    return try repository.bytes(of: id, .blob)
  }

  private static func isFile(_ entry: RawTree.Entry) -> Bool {
    entry.mode == RawTree.fileMode || entry.mode == 0o100755
  }

  private static func names(_ trees: RawTree...) -> Set<[UInt8]> {
    trees.reduce(into: []) { names, tree in names.formUnion(tree.entries.map(\.name)) }
  }
}
