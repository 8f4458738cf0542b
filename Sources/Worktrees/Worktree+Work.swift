public import Git2

/// What a worktree holds that may not be lost, and what is done about it.
public struct RemovalPlan: Sendable, Hashable {
  /// Files that are in no commit.
  public let dirtyFiles: [String]
  /// The branch's head, if it is not among the commits known to be elsewhere.
  public let unpublishedHead: ObjectID?

  /// True if nothing would be lost.
  public var losesNothing: Bool { dirtyFiles.isEmpty && unpublishedHead == nil }
}

extension Worktree {
  /// What the worktree holds beside its last commit; takes no lock.
  public func status() throws(WorktreeError) -> WorktreeStatus {
    try translating { try Repository(at: path).status() }
  }

  /// Looks at what would be lost; `published` are commits that are at the remote.
  public func removalPlan(published: [ObjectID]) throws(WorktreeError) -> RemovalPlan {
    try translating {
      let repository = try Repository(at: path)
      let status = try repository.status()
      guard let head = try repository.reference("HEAD") else {
        return RemovalPlan(dirtyFiles: status.changedFiles, unpublishedHead: nil)
      }
      var isElsewhere = false
      for commit in published where repository.contains(commit) {
        isElsewhere = try repository.contains(head, inHistoryOf: commit)
        if isElsewhere { break }
      }
      return RemovalPlan(
        dirtyFiles: status.changedFiles, unpublishedHead: isElsewhere ? nil : head)
    }
  }

  /// The worktree as it stands, uncommitted and untracked files included, as a commit on its head.
  ///
  /// Neither its index nor its files are touched; no reference is moved.
  public func snapshot(
    message: String, by signature: Signature
  ) throws(WorktreeError) -> ObjectID {
    try translating {
      let repository = try Repository(at: path)
      let tree = try repository.treeOfWorktree()
      let head = try repository.reference("HEAD")
      if let head, try repository.commit(head).tree == tree { return head }
      let text = CommitText(
        tree: tree, parents: head.map { [$0] } ?? [], author: signature, committer: signature,
        message: message)
      return try InMemoryMerge.commit(text, in: repository)
    }
  }

  /// Commits what is in no commit yet on the worktree's branch; nil if there is nothing.
  public func commitAll(
    message: String, by signature: Signature
  ) throws(WorktreeError) -> ObjectID? {
    try translating {
      let repository = try Repository(at: path)
      guard case .branch(let name, let head) = try repository.head() else { return nil }
      let tree = try repository.treeOfWorktree(recording: true)
      guard try repository.commit(head).tree != tree else { return nil }
      let text = CommitText(
        tree: tree, parents: [head], author: signature, committer: signature, message: message)
      let id = try InMemoryMerge.commit(text, in: repository)
      try repository.setReference(name, to: id, expecting: head, log: "orch: leftover work")
      return id
    }
  }

  /// Adds trailers to every commit of the branch that none of `published` contains and that lacks them.
  ///
  /// Trees, authors and dates stay; ids change, so this is for commits that were pushed nowhere.
  public func annotate(
    notIn published: [ObjectID], trailers: [(name: String, value: String)]
  ) throws(WorktreeError) -> (head: ObjectID, commits: [ObjectID]) {
    try translating {
      let repository = try Repository(at: path)
      guard case .branch(let name, let head) = try repository.head() else {
        throw GitError(
          code: .other(-1), operation: "read the branch of '\(path)'", message: "HEAD is detached")
      }
      var pack = PackWriter()
      var mapping: [ObjectID: ObjectID] = [:]
      let commits = try repository.commits(notIn: published, to: head)
      for id in commits {
        guard var text = CommitText(bytes: try repository.bytes(of: id, .commit)) else { continue }
        text.parents = text.parents.map { mapping[$0] ?? $0 }
        text.append(trailers: trailers)
        mapping[id] = try pack.add(text.bytes, .commit)
      }
      let newHead = mapping[head] ?? head
      if newHead != head {
        try pack.write(into: repository.commonDirectory + "/objects")
        try repository.setReference(name, to: newHead, expecting: head, log: "orch: provenance")
      }
      return (newHead, commits.compactMap { mapping[$0] })
    }
  }
}
