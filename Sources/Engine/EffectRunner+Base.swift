internal import Git2
internal import GitCLI
internal import GitState
internal import Synchronization
internal import Workflow

/// The branches that work begins on and is merged into, as the remote has them or as they were last seen there.
extension EffectRunner {
  /// Fetches a branch of the remote and returns its head.
  func fetchBranch(_ branch: String) async throws -> ObjectID {
    let tracking = RefLayout.trackedBranch(branch, of: options.remote)
    do {
      try await git.fetch(
        remote: options.remote, refspecs: ["+refs/heads/\(branch):\(tracking)"])
    } catch {
      guard case .failed(_, _, let detail) = error, detail.contains("find remote ref") else {
        throw error
      }
      throw EngineError.noSuchBase(branch: branch, remote: options.remote)
    }
    let head = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return try repository.reference(tracking)
    }
    guard let head else { throw EngineError.noSuchBase(branch: branch, remote: options.remote) }
    room.notePublished([head.hex])
    return head
  }

  /// The head of the base that an attempt begins on: what the remote has, or offline, where that is away, what it had.
  func beginningHead(of base: String) async throws -> ObjectID {
    if isOffline, await !isRemoteThere(), let seen = try await lastSeen(base) {
      tellOnce(
        "'\(options.remote)' is away: work begins on '\(base)' as it was last seen, "
          + "at \(seen.short())")
      return seen
    }
    return try await network.run { try await self.fetchBranch(base) }
  }

  /// The base branch of a task: its own, the configured one, or the remote's default.
  func baseBranch(of task: TaskView) async throws -> String {
    if let base = task.base ?? options.base { return base }
    if isOffline, await !isRemoteThere() {
      if let base = try await lastDefault() { return base }
      tellOnce(
        "'\(options.remote)' is away, and nothing here says what its default branch is: "
          + "'forge.base' in .orch.yml does")
    }
    if let base = try await git.defaultBranch(of: options.remote) { return base }
    throw EngineError.noDefaultBranch(remote: options.remote)
  }

  /// The head that a branch had at the remote when orch, or a person's git, has last seen it, else the one that it has
  /// here; nil if there is none.
  ///
  /// It is tracked from then on: everything that looks for the base finds the same.
  private func lastSeen(_ branch: String) async throws -> ObjectID? {
    let tracking = RefLayout.trackedBranch(branch, of: options.remote)
    let fetched = "refs/remotes/\(options.remote)/\(branch)"
    let head = try await code.run { repository throws(GitError) -> ObjectID? in
      try repository.refreshObjects()
      let own = try repository.reference(tracking)
      var found = try repository.reference(fetched)
      if own == nil, found == nil { found = try repository.reference("refs/heads/" + branch) }
      guard let other = found, other != own else { return own }
      // A person may have fetched since orch did.
      if let own, try !repository.contains(own, inHistoryOf: other) { return own }
      try repository.setReference(
        tracking, to: other, expecting: own, log: "orch: as it was last seen")
      return other
    }
    if let head { room.notePublished([head.hex]) }
    return head
  }

  /// The default branch that the remote had when it was last seen: the one that git has noted, or the only one that is
  /// known beside those of tasks.
  private func lastDefault() async throws -> String? {
    let remote = options.remote
    let fetched = "refs/remotes/\(remote)/"
    let tracked = RefLayout.trackedBranch("", of: options.remote)
    return try await code.run { repository throws(GitError) -> String? in
      try repository.refreshObjects()
      if let noted = try repository.notedDefaultBranch(of: remote) { return noted }
      var known: Set<String> = []
      for prefix in [fetched, tracked] {
        let names = try repository.references(prefix: prefix).keys
        known.formUnion(names.map { String($0.dropFirst(prefix.count)) })
      }
      known = known.filter { $0 != "HEAD" && !$0.hasPrefix("orch/") }
      return known.count == 1 ? known.first : nil
    }
  }

  /// Says something of a base once in a run.
  private func tellOnce(_ text: String) {
    let isNews = toldBases.withLock { $0.insert(text).inserted }
    if isNews { report(.note(text)) }
  }
}
