public import Git2

/// What came of bringing a branch onto another base.
public enum RebaseVerdict: Sendable, Hashable {
  /// It fits.
  case clean(RebasedBranch)
  /// A commit does not fit.
  case conflict(ConflictReport)
}

/// A branch on its new base; its objects are written, no reference was moved.
public struct RebasedBranch: Sendable, Hashable {
  /// The new head.
  public let head: ObjectID
  /// The new commit of each old one; dropped ones, whose change the base has already, are missing.
  public let mapping: [ObjectID: ObjectID]

  /// Both parts.
  public init(head: ObjectID, mapping: [ObjectID: ObjectID]) {
    self.head = head
    self.mapping = mapping
  }
}

/// Where and why a branch does not fit onto a base.
public struct ConflictReport: Sendable, Hashable {
  /// The first commit that does not fit; nil for a merge of heads.
  public let commit: ObjectID?
  /// Its subject.
  public let subject: String
  /// The paths in conflict.
  public let files: [ConflictFile]
}

/// Rebases without a checkout: merges raw trees and keeps new objects in memory until the end.
public enum InMemoryRebase {
  /// Brings the commits from `base` to `head` onto `onto`.
  ///
  /// Author, dates, message and further headers are kept, as are commits that were empty; merge
  /// commits are left out, as `git rebase` does; commits whose change is there already are dropped.
  public static func rebase(
    head: ObjectID, onto: ObjectID, committer: Signature, in repository: borrowing Repository
  ) throws(WorktreeError) -> RebaseVerdict {
    try translating { () throws -> RebaseVerdict in
      let base = try repository.mergeBase(head, onto)
      var merge = TreeMerge(pack: PackWriter())
      var mapping: [ObjectID: ObjectID] = [:]
      var tip = onto
      var tipTree = try repository.commit(onto).tree
      for id in try repository.commits(from: base, to: head) {
        let info = try repository.commit(id)
        guard info.parents.count < 2 else { continue }
        if info.parents.first == tip {
          (tip, tipTree) = (id, info.tree)
          mapping[id] = id
          continue
        }
        let parentTree = try info.parents.first.map { try repository.commit($0).tree }
        let before = try parentTree ?? merge.pack.add([], .tree)
        guard
          let tree = try merge.merge(
            ancestor: before, ours: tipTree, theirs: info.tree, in: repository)
        else {
          return .conflict(
            ConflictReport(commit: id, subject: info.subject, files: merge.conflicts))
        }
        if tree == tipTree, info.tree != before { continue }
        guard var text = CommitText(bytes: try repository.bytes(of: id, .commit)) else {
          throw GitError(code: .other(-1), operation: "read commit \(id)", message: "it is broken")
        }
        text.tree = tree
        text.parents = [tip]
        text.committer = Array(committer.headerText.utf8)
        tip = try merge.pack.add(text.bytes, .commit)
        tipTree = tree
        mapping[id] = tip
      }
      try merge.pack.write(into: repository.commonDirectory + "/objects")
      return .clean(RebasedBranch(head: tip, mapping: mapping))
    }
  }
}

/// Merges heads without a checkout.
public enum InMemoryMerge {
  /// The tree of both heads' changes since their common ancestor, or why there is none.
  public static func tree(
    base: ObjectID, branch: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) -> Result<ObjectID, MergeConflict> {
    try translating { () throws -> Result<ObjectID, MergeConflict> in
      var merge = TreeMerge(pack: PackWriter())
      let ours = try repository.commit(base).tree
      let theirs = try repository.commit(branch).tree
      let common = try repository.mergeBase(base, branch)
      let ancestor = try common.map { try repository.commit($0).tree } ?? merge.pack.add([], .tree)
      guard
        let tree = try merge.merge(ancestor: ancestor, ours: ours, theirs: theirs, in: repository)
      else {
        return .failure(
          MergeConflict(report: ConflictReport(commit: nil, subject: "", files: merge.conflicts)))
      }
      try merge.pack.write(into: repository.commonDirectory + "/objects")
      return .success(tree)
    }
  }

  /// Writes a commit object and moves no reference.
  public static func commit(
    _ text: CommitText, in repository: borrowing Repository
  ) throws(WorktreeError) -> ObjectID {
    try translating {
      var pack = PackWriter()
      let id = try pack.add(text.bytes, .commit)
      try pack.write(into: repository.commonDirectory + "/objects")
      return id
    }
  }
}

/// Two heads that cannot be merged without a decision.
public struct MergeConflict: Error, Sendable, Hashable {
  /// Where and why.
  public let report: ConflictReport
}
