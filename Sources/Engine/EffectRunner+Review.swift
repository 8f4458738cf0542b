internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Pushes an attempt's work and opens the pull request, or moves the open one.
  func publish(_ id: String, _ token: Int) async throws {
    let task = try await task(id)
    guard let attempt = task.attempts.last, attempt.token == token else { return }
    if try await isMissing(attempt) { return try await takeOver(id, token) }
    guard let worked = attempt.head.flatMap({ ObjectID(hex: $0) }), let base = task.base
    else { return }
    let begun = options.clock()
    let baseHead = try await network.run { try await self.fetchBranch(base) }
    if let reason = try await objection(to: worked, of: attempt, task) {
      return try await giveBack(task, attempt, reason)
    }
    if let reason = try await secretObjection(to: worked, of: task) {
      return try await askPerson(id, reason, unpublished: token)
    }
    try await secure(id)
    // What others have said meanwhile came with the state, such as that the task is cancelled.
    let newest = try await self.task(id)
    guard newest.status == task.status, newest.generation == task.generation,
      newest.attempts.last?.token == token
    else { return }
    let head: ObjectID
    switch try await pushWork(worked, of: attempt, task, baseHead: baseHead) {
    case .done(let pushed): head = pushed
    case .conflict:
      return try await giveBack(
        task, attempt, "someone else pushed to the branch what conflicts with the worker's commits")
    case .taken(let reason): return try await askPerson(id, reason, unpublished: token)
    }
    let bases = recordedBases(of: task)
    let onto = try await code.run { repository throws(GitError) in
      try Self.beginning(of: head, on: baseHead, recorded: bases, in: repository)
    }
    guard let onto else { throw EngineError.noSuchBase(branch: base, remote: options.remote) }
    var item = watched(task)
    item.branchHead = head.hex
    item.baseHead = baseHead.hex
    item.sharesIssue = try await sharesIssue(task)
    let published = try await place.publish(item, text: Self.text(of: task))
    if attempt.purpose == .repair {
      try await place.answer(
        item, head: head.hex, summary: task.result?.summary ?? "", shown: Set(attempt.shown))
    }
    try await recordOpening(
      task, attempt, published, CommitPair(head: head.hex, base: onto.hex), since: begun)
  }

  /// Why an attempt's work is not published; nil if it may be.
  private func objection(
    to head: ObjectID, of attempt: Attempt, _ task: TaskView
  ) async throws -> String? {
    guard attempt.purpose == .rebase, let request = task.pullRequest,
      request.activity?.token == attempt.token,
      let base = request.conflictPair.flatMap({ ObjectID(hex: $0.base) })
    else { return nil }
    return try await isContained(base, in: head)
      ? nil : "the worker's branch does not contain the base at \(base.short())"
  }

  /// What came of pushing an attempt's commits.
  private enum PushedWork {
    /// The branch is there, at this commit.
    case done(ObjectID)
    /// Somebody else's push changes the same lines, and stands as it is.
    case conflict
    /// The remote has another branch of that name, which stands as it is; the text is for a person.
    case taken(String)
  }

  /// Pushes an attempt's commits; those that someone else pushed meanwhile stay below them.
  private func pushWork(
    _ worked: ObjectID, of attempt: Attempt, _ task: TaskView, baseHead: ObjectID
  ) async throws -> PushedWork {
    let branch = task.remoteBranch
    let known = attempt.startHead ?? task.pullRequest?.head
    let old = known.flatMap { ObjectID(hex: $0) }
    let isPushed = try await push(
      worked, to: branch, from: old, baseHead: baseHead, for: task)
    if isPushed { return .done(worked) }
    let found = try await network.run { try await self.fetchBranch(branch) }
    if old == nil, let reason = try await objection(toTaking: found, worked, task, baseHead) {
      return .taken(reason)
    }
    let committer = signature(
      seconds: try await code.run { repository throws(GitError) in
        try repository.refreshObjects()
        return try repository.commit(worked).committer.seconds
      })
    let verdict = try await code.run { repository throws in
      try InMemoryRebase.rebase(head: worked, onto: found, committer: committer, in: repository)
    }
    guard case .clean(let rebased) = try await signed(verdict, onto: found, of: task).verdict else {
      return .conflict
    }
    try await moveBranch(task, to: rebased.head, from: worked, baseHead: baseHead)
    let isReplayed = try await push(
      rebased.head, to: branch, from: found, baseHead: baseHead, for: task)
    guard isReplayed else { throw EngineError.branchMoved(branch: branch) }
    try await copyNotes(rebased.mapping)
    return .done(rebased.head)
  }

  /// Why a branch that the remote has under the name of a task's is not the task's; nil if it goes on from there.
  ///
  /// Nothing of the task is known to be published, so what is there is its own only if it holds a commit of its workers,
  /// or nothing but commits that are marked as such: a machine that died before it could say so has made them.
  private func objection(
    toTaking found: ObjectID, _ worked: ObjectID, _ task: TaskView, _ baseHead: ObjectID
  ) async throws -> String? {
    // The branch of an issue's task was made at the forge before work on it began.
    if task.issue != nil { return nil }
    let own =
      [worked]
      + task.attempts.filter { $0.commits > 0 }.compactMap { $0.head.flatMap { ObjectID(hex: $0) } }
    let isOwn = try await code.run { repository throws(GitError) -> Bool in
      try repository.refreshObjects()
      for commit in own where repository.contains(commit) {
        if try repository.contains(commit, inHistoryOf: found) { return true }
      }
      guard let common = try repository.mergeBase(found, baseHead) else { return false }
      let commits = try repository.commits(from: common, to: found)
      for commit in commits {
        let lines = try repository.commit(commit).message.split(separator: "\n")
        guard lines.contains("Orch-Task: \(task.id)") else { return false }
      }
      return !commits.isEmpty
    }
    if isOwn { return nil }
    let branch = task.remoteBranch
    return
      "'\(options.remote)' has a branch '\(branch)' already, at \(found.short()), with commits that are none of "
      + "this task's: rename or delete it there ('git push \(options.remote) --delete \(branch)'), then "
      + "'orch task unblock \(task.id.prefix(6))' publishes the work"
  }

  /// The work stays in the worktree and under its reference; the watcher decides what comes next.
  private func giveBack(_ task: TaskView, _ attempt: Attempt, _ reason: String) async throws {
    if let head = attempt.head.flatMap({ ObjectID(hex: $0) }) { try keep(head, of: task) }
    let now = options.clock()
    let voice = await voice(of: attempt, task.id)
    try await tasks.record(task.id) { view in
      var change = TaskChange(.pullRequestResumed)
      change.token = Self.token(of: attempt, in: view, voice)
      change.reason = reason
      change.fields = view.fields(
        after: [Self.failedWork(attempt, reason)].compactMap { $0 }, at: now)
      change.fields["purpose"] = .null
      return change
    }
  }

  /// What the pull request learns when its worker brings nothing; nil if it was none of its workers.
  ///
  /// `answer` is why nothing has to be changed, if the worker said so.
  static func failedWork(
    _ attempt: Attempt, _ reason: String, answer: String? = nil
  ) -> PullRequestEvent? {
    switch attempt.purpose {
    case .rebase: .rebaseFailed(token: attempt.token, reason: reason)
    case .repair: .repairFailed(token: attempt.token, reason: reason, answer: answer)
    case .work, .resume: nil
    }
  }

  /// Records the pull request; `since` is before its head was pushed, so that nobody can have seen it then.
  private func recordOpening(
    _ task: TaskView, _ attempt: Attempt, _ published: PublishedPullRequest, _ pair: CommitPair,
    since: Int
  ) async throws {
    let branch = task.remoteBranch
    let isUnchecked = place.runsChecks && options.checks.isEmpty
    let voice = await voice(of: attempt, task.id)
    try await tasks.record(task.id) { view in
      var change = TaskChange(.pullRequestOpened)
      change.token = Self.token(of: attempt, in: view, voice)
      change.fields = Self.opening(view, attempt, published, pair, at: since, isUnchecked)
      change.fields["purpose"] = .null
      change.detail = branch
      change.trailers = [.init("Orch-Code", pair.head), .init("Orch-Branch", branch)]
      return change
    }
  }

  /// The fields of a pull request that has just been opened, or that a worker has moved.
  private static func opening(
    _ task: TaskView, _ attempt: Attempt, _ published: PublishedPullRequest, _ pair: CommitPair,
    at now: Int, _ isUnchecked: Bool
  ) -> [String: JSONValue] {
    guard let old = task.pullRequest, old.id == published.id, old.mergedAs == nil else {
      var view = PullRequestView(id: published.id, head: pair.head, baseHead: pair.base)
      view.url = published.url
      view.workSince = now
      // Where there are no checks, nothing is waited for.
      let passed = PullRequestEvent.checksPassed(pair)
      if isUnchecked {
        view = (try? PullRequestMachine.transition(view, on: passed, at: now)) ?? view
        view.isUnchecked = true
      }
      return view.fields(since: nil)
    }
    var events: [PullRequestEvent] = old.isClosed ? [.reopened] : []
    let moved: PullRequestEvent? =
      switch old.activity {
      case .rebasing(attempt.token): .rebased(pair, token: attempt.token)
      case .repairing(attempt.token):
        .repaired(token: attempt.token, head: pair.head, onto: pair.base)
      case .rebasing, .repairing, .merging, nil:
        old.head == pair.head ? nil : .branchMoved(to: pair.head, onto: pair.base)
      }
    if pair.head == old.head {
      events += [failedWork(attempt, "the branch is where it was")].compactMap { $0 }
    } else {
      events += [moved].compactMap { $0 }
    }
    return task.fields(after: events, at: now)
  }

  private static func text(of task: TaskView) -> PullRequestText {
    PullRequestText(title: task.title, body: task.result?.summary ?? "")
  }

  /// Runs the checks on a head that is on top of the base's head, and records how they ended.
  func check(_ task: TaskView, _ pair: CommitPair) async throws {
    guard task.status == .inReview, task.pullRequest?.pair == pair,
      let commit = ObjectID(hex: pair.head), let baseHead = ObjectID(hex: pair.base)
    else { return }
    if try await mergeBatch(task, head: commit, onto: baseHead) { return }
    let worktree = worktree(of: task)
    try await moveBranch(task, to: commit, from: commit, baseHead: baseHead)
    try await makeWorktree(worktree, of: task, at: commit)
    var event = PullRequestEvent.checksPassed(pair)
    if let failure = try await firstFailure(of: task, in: worktree) {
      let log = options.trimLog(failure.log)
      let run = "local-\(options.clock())"
      event = .checksFailed(pair, [FailedCheck(name: failure.name, run: run, log: log)])
    }
    try await note(task, [event]) { _, change in
      change.trailers = [.init("Orch-Code", pair.head), .init("Orch-Base", pair.base)]
    }
  }

  /// The first check that fails in a worktree; nil if all pass.
  func firstFailure(
    of task: TaskView, in worktree: Worktree
  ) async throws -> (name: String, log: String)? {
    let place = git.at(worktree.path)
    let head = try await prepareForChecks(worktree)
    defer { try? worktree.endStep(.checking) }
    for check in options.checks {
      let result = try await runCheck(check, of: task.id, in: worktree)
      // A person may have worked here meanwhile: nothing that stands in the files goes unkept.
      try await keepLeftovers(worktree, since: head)
      // The tree was clean before: what a check leaves behind must not look like a worker's change, and the
      // next one must run on this commit too, whatever the last one staged or committed.
      try await place.run(["reset", "--quiet", "--hard", head])
      try await place.run(["clean", "-fdq"])
      guard result.exitCode != 0 else { continue }
      return (check.name, Self.log(of: result, check))
    }
    return nil
  }

  /// What a check that failed is reported with: its command, its output, how it ended.
  static func log(of result: ShellResult, _ check: CheckOption) -> String {
    let end =
      result.timedOut
      ? "timed out after \(check.timeoutSeconds) s" : "exit code \(result.exitCode ?? -1)"
    return "$ \(check.command)\n\(result.output)\n[\(end)]"
  }
}
