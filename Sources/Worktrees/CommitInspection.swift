public import Git2

/// Looks through the commits of a branch for what must not be pushed.
public enum CommitInspection {
  /// A place in a commit's tree that git puts into no checkout.
  public struct Refused: Sendable, Hashable {
    /// The commit.
    public let commit: ObjectID
    /// Its subject.
    public let subject: String
    /// The first commit before it; nil if it has none.
    public let parent: ObjectID?
    /// The path from the top.
    public let path: String
    /// What is wrong with it, as the end of a sentence that begins with the path.
    public let problem: String
  }

  /// True if a name on the way to a file is one that git puts into no checkout, such as `.GIT`.
  public static func isRefused(path: String) -> Bool {
    !PathSafety.isSafe(path: path)
  }

  /// The first place that a commit of the branch adds and git refuses, of commits that none of `published` has.
  ///
  /// git itself makes no such trees; whoever writes objects by other means can.
  public static func refused(
    in head: ObjectID, notIn published: [ObjectID], in repository: borrowing Repository
  ) throws(WorktreeError) -> Refused? {
    try translating {
      var walk = NameWalk()
      for id in try repository.commits(notIn: published, to: head) {
        let commit = try repository.commit(id)
        let before = try commit.parents.first.map { try repository.commit($0).tree }
        guard let (path, problem) = try walk.look(commit.tree, before, [], 0, in: repository) else {
          continue
        }
        return Refused(
          commit: id, subject: commit.subject, parent: commit.parents.first,
          path: String(decoding: path, as: UTF8.self), problem: problem)
      }
      return nil
    }
  }

  /// Paths at which a commit has a submodule and an earlier one has none, sorted.
  public static func newSubmodules(
    in head: ObjectID, since base: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) -> [String] {
    try translating {
      var found: [[UInt8]] = []
      try addSubmodules(
        repository.commit(head).tree, repository.commit(base).tree, [], 0, to: &found,
        in: repository)
      return found.map { String(decoding: $0, as: UTF8.self) }.sorted()
    }
  }

  private static func addSubmodules(
    _ new: ObjectID, _ old: ObjectID?, _ folder: [UInt8], _ depth: Int, to found: inout [[UInt8]],
    in repository: borrowing Repository
  ) throws {
    guard new != old, depth <= TreeDepth.maximum else { return }
    let before = try old.map { try RawTree(bytes: repository.bytes(of: $0, .tree)) } ?? RawTree()
    let after = try RawTree(bytes: repository.bytes(of: new, .tree))
    for entry in after.entries(notIn: before) {
      let known = before[entry.name]
      if entry.isTree {
        try addSubmodules(
          entry.id, known.flatMap { $0.isTree ? $0.id : nil }, folder + entry.name + [0x2F],
          depth + 1, to: &found, in: repository)
      } else if entry.mode == RawTree.submoduleMode, known?.mode != RawTree.submoduleMode {
        found.append(folder + entry.name)
      }
    }
  }
}

/// Looks at the names in trees, at each tree once.
private struct NameWalk {
  private var seen: Set<ObjectID> = []

  /// What git refuses of a tree that an earlier one does not have.
  mutating func look(
    _ new: ObjectID, _ old: ObjectID?, _ folder: [UInt8], _ depth: Int,
    in repository: borrowing Repository
  ) throws -> (path: [UInt8], problem: String)? {
    // Deeper folders are refused by whatever compares trees.
    guard new != old, depth <= TreeDepth.maximum, seen.insert(new).inserted else { return nil }
    let bytes = try repository.bytes(of: new, .tree)
    guard let after = try? RawTree(bytes: bytes) else {
      return (folder, "this folder's tree cannot be read")
    }
    let before = try old.map { try RawTree(bytes: repository.bytes(of: $0, .tree)) } ?? RawTree()
    for entry in after.entries(notIn: before) {
      let path = folder + entry.name
      guard PathSafety.isSafe(entry.name) else {
        return (path, "git puts no file or folder of this name into a checkout")
      }
      guard entry.isTree else { continue }
      let known = before[entry.name].flatMap { $0.isTree ? $0.id : nil }
      if let found = try look(entry.id, known, path + [0x2F], depth + 1, in: repository) {
        return found
      }
    }
    return nil
  }
}
