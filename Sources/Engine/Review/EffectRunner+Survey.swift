internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// One look at many pull requests: heads from one advertisement, the rest from their place.
  ///
  /// One that cannot be seen now is missing. Throws if the remote or the place cannot be reached.
  func survey(_ tasks: [TaskView]) async throws -> [String: Look] {
    let now = options.clock()
    var watched = try await fetched(tasks)
    let untouched = try await untouched(watched)
    for index in watched.indices {
      if untouched.contains(watched[index].task.id) {
        watched[index].isUntouched = true
        watched[index].contained = watched[index].view?.baseHead
        continue
      }
      if try await isOwnPush(watched[index]) {
        watched[index].branchHead = watched[index].view?.head
      }
      watched[index].contained = try await contained(watched[index])
    }
    let seen = try await place.survey(watched)
    var looks: [String: Look] = [:]
    for item in watched {
      guard let part = seen[item.task.id], try await !follow(part, of: item) else { continue }
      guard let look = try await look(item, part, at: now) else { continue }
      looks[item.task.id] = look
    }
    return looks
  }

  /// Where the branches and bases of pull requests are now, with their commits.
  ///
  /// A branch that is merged and deleted between the question and the fetch makes the whole fetch fail: that is asked again.
  private func fetched(_ tasks: [TaskView]) async throws -> [WatchedPullRequest] {
    var number = 1
    while true {
      let heads = try await remoteHeads()
      let watched = tasks.compactMap { task -> WatchedPullRequest? in
        guard let base = task.base, task.pullRequest != nil else { return nil }
        let branch = task.remoteBranch
        return WatchedPullRequest(
          task: task, branch: branch, base: base, branchHead: heads[branch], baseHead: heads[base])
      }
      do {
        try await fetchMoved(watched)
        return watched
      } catch let error as GitCommandError {
        guard number < Self.maximumSurveys, try await remoteHeads() != heads else { throw error }
        number += 1
      }
    }
  }

  /// How often a look is begun anew because branches moved meanwhile.
  private static let maximumSurveys = 5

  /// Brings the commits of pairs that moved, as far as they are not here, all in one fetch.
  private func fetchMoved(_ watched: [WatchedPullRequest]) async throws {
    var wanted: [String: String] = [:]
    for item in watched {
      guard let base = item.baseHead,
        item.branchHead != item.view?.head || base != item.view?.targetBase
      else { continue }
      // A head that did not move may be another machine's, and was never here. One that is gone may be merged.
      if let head = item.branchHead { wanted[item.branch] = head }
      wanted[item.base] = base
    }
    let candidates = wanted
    let missing = try await code.run { repository throws(GitError) -> [String] in
      try repository.refreshObjects()
      var missing: [String] = []
      for (branch, head) in candidates {
        guard let id = ObjectID(hex: head), !repository.contains(id) else { continue }
        missing.append(branch)
      }
      return missing
    }
    guard !missing.isEmpty else { return }
    let remote = options.remote
    let refspecs = missing.sorted().map {
      "+refs/heads/\($0):\(RefLayout.trackedBranch($0, of: remote))"
    }
    try await network.run { try await self.git.fetch(remote: remote, refspecs: refspecs) }
    try await code.run { repository throws(GitError) in try repository.refreshObjects() }
  }

  /// True if the branch's new head is orch's own push that is not recorded yet.
  private func isOwnPush(_ item: WatchedPullRequest) async throws -> Bool {
    guard let view = item.view, let found = item.branchHead, found != view.head else {
      return false
    }
    if item.task.status == .inProgress, item.task.attempts.last?.head == found { return true }
    guard let head = ObjectID(hex: view.head), let id = ObjectID(hex: found),
      let base = item.baseHead.flatMap({ ObjectID(hex: $0) })
    else { return false }
    return try await isUnrecordedRebase(id, of: head, item.task, baseHead: base)
  }

  private func look(
    _ item: WatchedPullRequest, _ part: PlaceLook, at now: Int
  ) async throws -> Look? {
    guard let view = item.view, let contained = item.contained else { return nil }
    var look = Look(
      takenAt: now, revision: view.revision, baseHead: item.baseHead, branchHead: item.branchHead,
      contained: contained)
    if part.isQueued {
      // A push would take it out of the queue, which tests it on the newest base by itself.
      look.baseHead = view.targetBase
      look.contained = view.baseHead
    }
    look.state = part.state
    // Where there is no forge, whoever deletes their branch closes its pull request.
    let isGone = item.branchHead == nil && item.baseHead != nil && part.state == .open
    if isGone, place.runsChecks, item.task.watches != nil { look.state = .closed }
    look.checks = part.checks
    look.expectsChecks = part.expectsChecks
    if place.runsChecks {
      // A branch that is behind is brought onto the base before anything is said of it.
      look.expectsChecks = !options.checks.isEmpty || contained != item.baseHead
      look.baseChecks = item.baseHead.map(baseVerdicts.awaited) ?? [:]
    }
    if !place.runsChecks { look.baseChecks = part.baseChecks }
    look.reviews = part.reviews
    look.dismissed = part.dismissed
    look.isDraft = part.isDraft
    look.labels = part.labels
    look.isCut = part.isCut
    if item.task.watches != nil { look.leftAlone = Self.reasonToLeaveAlone(part) }
    look.isQuiet = options.isQuiet(now)
    look.mergeability = try await mergeability(item, view, part)
    let attempt = item.task.attempts.last
    let isAtWork = item.task.status == .inProgress
    look.liveWorkers = Set(isAtWork ? [attempt?.token].compactMap { $0 } : [])
    return look
  }

  /// Why nothing is done for now to a pull request of a person's; nil if everything may be.
  private static func reasonToLeaveAlone(_ part: PlaceLook) -> String? {
    if part.isDraft { return "it is a draft" }
    return part.isLocked ? "its conversation is locked" : nil
  }

  /// The commit of the base that the branch is on top of, which the base may have left; nil if a head is not here.
  private func contained(_ item: WatchedPullRequest) async throws -> String? {
    guard let view = item.view else { return nil }
    guard let branchHead = item.branchHead, let baseHead = item.baseHead,
      branchHead != view.head || baseHead != view.targetBase
    else { return view.baseHead }
    guard let head = ObjectID(hex: branchHead), let base = ObjectID(hex: baseHead) else {
      return nil
    }
    let recorded = recordedBases(of: item.task)
    return try await code.run { repository throws(GitError) -> String? in
      guard repository.contains(head), repository.contains(base) else { return nil }
      let beginning = try Self.beginning(of: head, on: base, recorded: recorded, in: repository)
      return beginning?.hex ?? view.baseHead
    }
  }

  /// Whether the pair can be merged; conflicts are looked for only where a person was asked about one.
  private func mergeability(
    _ item: WatchedPullRequest, _ view: PullRequestView, _ part: PlaceLook
  ) async throws -> Mergeability {
    guard view.question?.cause == .conflict,
      let head = item.branchHead.flatMap({ ObjectID(hex: $0) }),
      let base = item.baseHead.flatMap({ ObjectID(hex: $0) })
    else {
      if case .conflicting = part.mergeability { return .clean }
      return part.mergeability
    }
    let former = try await formerBase(of: item.task, head, onto: base)
    return try await code.run { repository throws in
      guard repository.contains(head), repository.contains(base) else { return .clean }
      switch try self.verdict(on: head, onto: base, since: former, in: repository) {
      case .clean: return .clean
      case .conflict(let report): return .conflicting(files: report.files.map(\.path))
      }
    }
  }
}
