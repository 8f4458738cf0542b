public import Git2

/// What a worktree holds that may not be lost, and what is done about it.
public struct RemovalPlan: Sendable, Hashable {
  /// Files that are in no commit.
  public let dirtyFiles: [String]
  /// The branch's head, if it is not among the commits known to be elsewhere.
  public let unpublishedHead: ObjectID?
  /// Paths that no commit of this repository can hold: repositories of their own, pipes, sockets.
  public let unkeepable: [String]

  /// True if nothing would be lost.
  public var losesNothing: Bool { dirtyFiles.isEmpty && unpublishedHead == nil }
}

extension Worktree {
  /// What the worktree holds beside its last commit; takes no lock.
  public func status() throws(WorktreeError) -> WorktreeStatus {
    try translating {
      let repository = try Repository(at: path)
      let state = try WorktreeState(of: repository, storing: false)
      return WorktreeStatus(
        changedFiles: try state.changedFiles(in: repository),
        operation: repository.operation)
    }
  }

  /// The same beside the caller, who may have others to see to: a worker's files may be of any size.
  public func statusBeside() async throws(WorktreeError) -> WorktreeStatus {
    let worktree = self
    return try await blocking { () throws(WorktreeError) in try worktree.status() }
  }

  /// Looks at what would be lost; `published` are commits that are at the remote.
  public func removalPlan(published: [ObjectID]) throws(WorktreeError) -> RemovalPlan {
    try translating {
      let repository = try Repository(at: path)
      let state = try WorktreeState(of: repository, storing: false)
      let files = try state.changedFiles(in: repository)
      let head = try repository.reference("HEAD")
      let isElsewhere = try published.contains { commit in
        guard let head, repository.contains(commit) else { return false }
        return try repository.contains(head, inHistoryOf: commit)
      }
      return RemovalPlan(
        dirtyFiles: files, unpublishedHead: isElsewhere ? nil : head,
        unkeepable: state.unkeepable.map { String(decoding: $0, as: UTF8.self) })
    }
  }

  /// Lets the git program write files that pass through a filter, as the index has them.
  func writeFiltered(_ input: String, _ git: GitRunner) async throws(WorktreeError) {
    if input.isEmpty { return }
    _ = try await runGit(
      git, ["checkout-index", "--quiet", "--force", "--index", "--stdin"], in: path, input: input,
      operation: "write files that pass through a filter")
  }

  /// Adds trailers to every commit of the branch that none of `published` contains and that lacks them.
  ///
  /// Trees, authors and dates stay; ids change, so this is for commits that were pushed nowhere. Signed commits and
  /// those before them stay as they are: whoever signed them meant just these. Messages that `rewording` changes
  /// are changed whoever signed them: no signature is left on such a commit, nor on those behind it.
  public func annotate(
    notIn published: [ObjectID], trailers: [(name: String, value: String)],
    rewording: (String) -> String = { $0 }
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
      let reworded = try Self.reworded(commits, by: rewording, in: repository)
      let signed = try CommitSignatures.standing(
        commits.filter { reworded[$0] == nil }, in: repository)
      for id in commits where !signed.contains(id) {
        guard var text = CommitText(bytes: try repository.bytes(of: id, .commit)) else { continue }
        text.parents = text.parents.map { mapping[$0] ?? $0 }
        if let message = reworded[id] { text.message = message }
        text.append(trailers: trailers)
        mapping[id] = try pack.add(text.bytes, .commit)
      }
      let newHead = mapping[head] ?? head
      if newHead != head {
        try pack.write(into: repository.commonDirectory + "/objects")
        try repository.setReference(name, to: newHead, expecting: head, log: "orch: provenance")
      }
      return (newHead, commits.map { mapping[$0] ?? $0 })
    }
  }

  /// The messages of those commits, parents first, of which a message changes or has changed before.
  private static func reworded(
    _ commits: [ObjectID], by rewording: (String) -> String, in repository: borrowing Repository
  ) throws -> [ObjectID: [UInt8]] {
    var found: [ObjectID: [UInt8]] = [:]
    for id in commits {
      guard let text = CommitText(bytes: try repository.bytes(of: id, .commit)) else { continue }
      let message = String(decoding: text.message, as: UTF8.self)
      let other = rewording(message)
      if other != message {
        found[id] = Array(other.utf8)
      } else if text.parents.contains(where: { found[$0] != nil }) {
        found[id] = text.message
      }
    }
    return found
  }
}
