internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

/// Pull requests put one on top of the other, each by its own merge commit.
struct MergeTrain: Sendable {
  /// A pull request on the train.
  struct Car: Sendable {
    let task: TaskView
    let head: ObjectID
    /// The commit that the base would be after it.
    let commit: ObjectID
  }

  /// The base that it begins at.
  let base: ObjectID
  let cars: [Car]
}

extension EffectRunner {
  /// Tests the pull request whose turn it is together with others that are ready, and merges those that pass.
  ///
  /// Returns false if there was nothing to put together, or if not even the first passes: then each goes its own
  /// way. The base only ever moves, by compare-and-swap, to a commit on whose very tree the checks ran.
  func mergeBatch(_ first: TaskView, head: ObjectID, onto base: ObjectID) async throws -> Bool {
    // Where machines share the work, each push moves one claim with it: one pull request at a time.
    guard shared == nil, place.runsChecks, options.mergeBatch > 1, !options.checks.isEmpty,
      let branch = first.base
    else {
      return false
    }
    let others = Planner.order(try await tasks.all()).filter { task in
      task.id != first.id && task.base == branch && isReadyForBatch(task)
    }
    guard isReadyForBatch(first), !others.isEmpty else { return false }
    var train = try await self.train([first] + others.prefix(4 * options.mergeBatch), onto: base)
    guard train.cars.count > 1, train.cars.first?.head == head else { return false }
    train = try await signed(train)
    let passing = try await passing(train, branch)
    guard passing > 0 else { return false }
    let merged = train.cars.prefix(passing)
    guard let last = merged.last else { return false }
    let name = "refs/heads/" + branch
    let outcomes = try await git.push(
      remote: options.remote,
      [PushUpdate(last.commit.hex, to: name, expecting: .object(base.hex))])
    // Refused: the base moved meanwhile, and what was tested proves nothing about the new one.
    if case .rejected = outcomes[name] { return true }
    for car in merged { try await recordMerge(car.task, as: car.commit.hex, into: branch) }
    return true
  }

  /// A train whose merges are signed, if commits are to be.
  private func signed(_ train: MergeTrain) async throws -> MergeTrain {
    guard let first = train.cars.first, let last = train.cars.last else { return train }
    let mapping = try await signMissing(
      in: last.commit, notIn: [train.base] + train.cars.map(\.head), of: first.task
    ).mapping
    return MergeTrain(
      base: train.base,
      cars: train.cars.map {
        .init(task: $0.task, head: $0.head, commit: mapping[$0.commit] ?? $0.commit)
      })
  }

  /// True for a pull request that orch may merge by itself and of which nothing bad is known.
  private func isReadyForBatch(_ task: TaskView) -> Bool {
    let rules = rules
    guard task.status == .inReview, let request = task.pullRequest, task.hasOpenPullRequest,
      request.question == nil, request.activity == nil, request.objectors.isEmpty,
      request.obligations.openReviews.isEmpty, rules.reviewAgent == nil,
      Set(rules.requiredLabels).isSubset(of: task.labels), !options.isQuiet(options.clock())
    else { return false }
    switch options.mergePolicy {
    case .never: return false
    case .whenApproved where !request.isApproved: return false
    case .whenApproved, .whenGreen: break
    }
    let hasFailed = request.checkedHead == request.head && request.checksPassed == false
    return !hasFailed && request.conflictPair?.head != request.head
  }

  /// Merges heads one on top of the other in memory; one that does not fit is left out.
  private func train(
    _ tasks: some Sequence<TaskView>, onto base: ObjectID
  ) async throws -> MergeTrain {
    let wanted = Array(tasks)
    let limit = options.mergeBatch
    let recorded = Dictionary(
      wanted.map { ($0.id, recordedBases(of: $0)) }, uniquingKeysWith: { first, _ in first })
    return try await code.run { repository throws -> MergeTrain in
      try repository.refreshObjects()
      var tip = base
      var cars: [MergeTrain.Car] = []
      for task in wanted where cars.count < limit {
        guard let head = task.pullRequest.flatMap({ ObjectID(hex: $0.head) }),
          repository.contains(head), try !repository.contains(head, inHistoryOf: tip),
          // What the base has left must not come back with a branch: it is brought onto the base first.
          try Self.formerBase(recorded[task.id] ?? [], of: head, onto: base, in: repository) == nil,
          let commit = try self.commit(of: task, head, onto: tip, in: repository)
        else { continue }
        cars.append(.init(task: task, head: head, commit: commit))
        tip = commit
        try repository.refreshObjects()
      }
      return MergeTrain(base: base, cars: cars)
    }
  }

  /// The commit that merges a head by the configured method; nil if it does not fit.
  private func commit(
    of task: TaskView, _ head: ObjectID, onto tip: ObjectID, in repository: borrowing Repository
  ) throws -> ObjectID? {
    let signature = signature(seconds: try repository.commit(tip).committer.seconds)
    if options.mergeMethod == .rebase {
      let verdict = try self.verdict(on: head, onto: tip, in: repository)
      guard case .clean(let rebased) = verdict, rebased.head != tip else { return nil }
      return rebased.head
    }
    guard case .success(let tree) = try InMemoryMerge.tree(base: tip, branch: head, in: repository)
    else { return nil }
    let isMerge = options.mergeMethod == .merge
    let text = CommitText(
      tree: tree, parents: isMerge ? [tip, head] : [tip], author: signature, committer: signature,
      message: message(of: task))
    return try InMemoryMerge.commit(text, in: repository)
  }

  private func message(of task: TaskView) -> String {
    let name = task.remoteBranch
    return options.mergeMethod == .squash
      ? "\(task.title)\n\n\(task.result?.summary ?? "")\n\nOrch-Task: \(task.id)\n"
      : "Merge branch '\(name)'\n\n\(task.title)\n\nOrch-Task: \(task.id)\n"
  }

  /// How many cars of a train, from the first on, pass the checks together.
  private func passing(_ train: MergeTrain, _ branch: String) async throws -> Int {
    // Two branches may have one slug.
    let id = try Repository.id(of: Array(branch.utf8), .blob)
    let name = "batch-\(Naming.slug(branch))-\(id.short(6))"
    let place = Worktree(
      path: "\(options.worktreesRoot)/\(options.project)/\(name)", name: "orch-" + name,
      branch: "orch/" + name, commonDirectory: commonDirectory)
    try await removeThrowaway(place)
    var search = BatchSearch(count: train.cars.count)
    var present: ObjectID?
    while let length = search.next {
      let commit = train.cars[length - 1].commit
      if let present {
        try await place.move(to: commit, from: present, by: signatureNow, git: gitRunner) { _ in }
      } else {
        try await makePlace(place, at: commit)
        try await furnish(place, of: train.cars[length - 1].task.id, isBases: false)
      }
      present = commit
      let failure = try await firstFailure(of: train.cars[length - 1].task, in: place)
      // A check that left the tree, or changed it, has said nothing about this commit.
      let isSame = try await isExactly(place, at: commit)
      search.note(length, passed: failure == nil && isSame)
    }
    try await removeThrowaway(place)
    return search.passing
  }

  private func makePlace(_ place: Worktree, at commit: ObjectID) async throws {
    if options.pool.size > 0 {
      let isTaken = try await WorktreePool.take(
        place, at: commit, keepingIgnored: options.pool.keepsIgnored, through: code, git: gitRunner)
      if isTaken { return }
    }
    try await WorktreeStore.create(place, at: commit, through: code, git: gitRunner)
  }

  /// True if a worktree is at a commit and holds nothing else: what ran in it ran on that tree.
  func isExactly(_ worktree: Worktree, at commit: ObjectID) async throws -> Bool {
    guard WorktreeStore.isWhole(worktree), try worktree.status().isClean else { return false }
    return try await code.run { repository throws(GitError) -> Bool in
      try repository.reference("refs/heads/" + worktree.branch) == commit
    }
  }

  /// The beginnings of the branches of worktrees that are thrown away.
  private static let throwawayBranches = ["refs/heads/orch/batch-", "refs/heads/orch/base-check"]

  /// True for a reference that orch makes for checks of its own, and takes away again.
  static func isThrowaway(branch name: String) -> Bool {
    throwawayBranches.contains(where: name.hasPrefix)
  }

  /// Takes the worktree of a batch, or of a base, away: nothing that is in it is anybody's.
  func removeThrowaway(_ place: Worktree) async throws {
    try await code.run { repository throws(WorktreeError) in
      try WorktreeStore.remove(place, in: repository)
    }
    try await git.run(
      ["update-ref", "-d", "refs/heads/" + place.branch], accepting: [1, 128])
  }
}
