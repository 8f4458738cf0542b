public import Git2

/// A worktree's state as a commit.
public struct Snapshot: Sendable, Hashable {
  /// The commit; the worktree's head itself if nothing differs from it.
  public let commit: ObjectID
  /// Its tree.
  public let tree: ObjectID
  /// Paths that no commit can hold: repositories without commits, pipes, sockets, names that git refuses.
  public let unkept: [String]
}

extension Worktree {
  /// The worktree as it stands, uncommitted and untracked files included, as a commit on its head.
  ///
  /// Ignored files are left out. What is in the index alone is kept as `StagedWork`. Neither index nor files are
  /// touched; no reference is moved.
  /// Throws `WorktreeError.needsGit` where a changed file passes through a filter.
  public func snapshot(
    message: String, by signature: Signature
  ) throws(WorktreeError) -> ObjectID {
    try translating {
      let repository = try Repository(at: path)
      let state = try WorktreeState(of: repository, storing: true)
      try state.requireNoFilters()
      return try Self.commit(state, message: message, by: signature, in: repository).commit
    }
  }

  /// Like the other `snapshot`, with the git program for files that pass through a filter.
  ///
  /// If the worktree is still as `last` has it, nothing is written and that commit is returned.
  public func snapshot(
    message: String, by signature: Signature, git: GitRunner, unlessLike last: ObjectID? = nil
  ) async throws(WorktreeError) -> Snapshot {
    let path = path
    var state = try await blocking { () throws(WorktreeError) in
      try translating { try WorktreeState(of: Repository(at: path), storing: true) }
    }
    try await resolveFilters(of: &state, git)
    let resolved = state
    return try await blocking { () throws(WorktreeError) in
      try translating {
        try Self.commit(
          resolved, message: message, by: signature, unlessLike: last, in: Repository(at: path))
      }
    }
  }

  /// Lets the git program clean and store the files that pass through a filter.
  func resolveFilters(
    of state: inout WorktreeState, _ git: GitRunner
  ) async throws(WorktreeError) {
    let paths = state.filteredPaths
    if paths.isEmpty { return }
    let output = try await runGit(
      git, ["hash-object", "-w", "--stdin-paths"], in: path,
      input: paths.map { QuotedPath.quote($0) + "\n" }.joined(),
      operation: "store files that pass through a filter")
    try state.resolve(output)
  }

  /// Writes the snapshot of a state.
  static func commit(
    _ state: WorktreeState, message: String, by signature: Signature,
    unlessLike last: ObjectID? = nil, in repository: borrowing Repository
  ) throws -> Snapshot {
    var assembly = TreeAssembly(
      state.index, changing: state.content.files, into: state.content.pack)
    let assembled = try assembly.tree(in: repository)
    let tree = try assembled.id ?? Repository.id(of: [], .tree)
    let unkept = state.unkept.map { String(decoding: $0, as: UTF8.self) }
    let head = try repository.reference("HEAD").map { try repository.commit($0) }
    let staged = try head.flatMap {
      try StagedWork.text(
        of: state.index, on: $0, beside: tree, by: signature, into: &assembly.pack, in: repository)
    }
    if let head, head.tree == tree, staged == nil {
      return Snapshot(commit: head.id, tree: tree, unkept: unkept)
    }
    if let last, let known = try? repository.commit(last), known.tree == tree,
      known.parents.first == head?.id,
      known.parents.count == (head == nil ? 0 : staged == nil ? 1 : 2),
      try StagedWork.commit(of: known, in: repository)?.tree == staged?.tree
    {
      return Snapshot(commit: last, tree: tree, unkept: unkept)
    }
    var parents = head.map { [$0.id] } ?? []
    if let staged { parents.append(try assembly.pack.add(staged.bytes, .commit)) }
    let text = CommitText(
      tree: tree, parents: parents, author: signature, committer: signature, message: message)
    let commit = try assembly.pack.add(text.bytes, .commit)
    try assembly.pack.write(into: repository.commonDirectory + "/objects")
    return Snapshot(commit: commit, tree: tree, unkept: unkept)
  }

  /// Commits what is in no commit yet on the worktree's branch; nil if there is nothing.
  ///
  /// Throws `WorktreeError.needsGit` where a changed file passes through a filter.
  public func commitAll(
    message: String, by signature: Signature
  ) throws(WorktreeError) -> ObjectID? {
    try translating {
      let repository = try Repository(at: path)
      let state = try WorktreeState(of: repository, storing: true)
      try state.requireNoFilters()
      return try Self.commitAll(state, message: message, by: signature, in: repository)
    }
  }

  /// Like the other `commitAll`, with the git program for files that pass through a filter.
  public func commitAll(
    message: String, by signature: Signature, git: GitRunner
  ) async throws(WorktreeError) -> ObjectID? {
    let path = path
    var state = try await blocking { () throws(WorktreeError) in
      try translating { try WorktreeState(of: Repository(at: path), storing: true) }
    }
    try await resolveFilters(of: &state, git)
    let resolved = state
    return try await blocking { () throws(WorktreeError) in
      try translating {
        try Self.commitAll(resolved, message: message, by: signature, in: Repository(at: path))
      }
    }
  }

  private static func commitAll(
    _ state: WorktreeState, message: String, by signature: Signature,
    in repository: borrowing Repository
  ) throws -> ObjectID? {
    guard case .branch(let name, let head) = try repository.head() else { return nil }
    var assembly = TreeAssembly(
      state.index, changing: state.content.files, into: state.content.pack)
    let assembled = try assembly.tree(in: repository)
    let tree = try assembled.id ?? Repository.id(of: [], .tree)
    guard try repository.commit(head).tree != tree else { return nil }
    let text = CommitText(
      tree: tree, parents: [head], author: signature, committer: signature, message: message)
    let commit = try assembly.pack.add(text.bytes, .commit)
    try assembly.pack.write(into: repository.commonDirectory + "/objects")
    let index = state.index.changing(
      state.content.files, touched: state.content.touched, cachedTree: assembled)
    try index.write(to: repository.gitDirectory + "/index")
    try repository.setReference(name, to: commit, expecting: head, log: "orch: leftover work")
    return commit
  }
}
