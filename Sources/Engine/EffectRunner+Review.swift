internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Pushes the branch and opens the pull request, or updates the open one.
  func publish(_ id: String, _ token: Int) async throws {
    let task = try await task(id)
    guard let attempt = task.attempts.last, attempt.token == token,
      let head = attempt.head.flatMap({ ObjectID(hex: $0) }), let base = task.base
    else { return }
    let branch = worktree(of: task).branch
    let baseHead = try await network.run { try await self.fetchBranch(base) }
    let onto = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return try repository.mergeBase(head, baseHead)
    }
    guard let onto else { throw EngineError.noSuchBase(branch: base, remote: options.remote) }
    let old = task.pullRequest.flatMap { ObjectID(hex: $0.head) }
    try await push(head, to: branch, from: old, baseHead: baseHead, for: id)
    var request = task.pullRequest ?? PullRequestView(id: "", head: "", baseHead: "")
    if request.id.isEmpty { request.id = "L" + task.id.prefix(6) }
    request.head = head.hex
    request.baseHead = onto.hex
    request.status = onto == baseHead ? .open : .behind
    request.conflictFiles = []
    let opened = request
    var change = TaskChange(.pullRequestOpened)
    change.token = token
    change.fields["pr"] = opened.json
    change.fields["purpose"] = .null
    change.detail = "\(branch)"
    change.trailers = [.init("Orch-Code", head.hex), .init("Orch-Branch", branch)]
    try await tasks.record(id, change)
  }

  /// Runs the checks on a head that is on top of the base's head, and records the pair.
  func check(_ id: String, head: String, base: String) async throws {
    let task = try await task(id)
    guard task.status == .inReview, var request = task.pullRequest, request.head == head,
      let commit = ObjectID(hex: head)
    else { return }
    if let baseHead = ObjectID(hex: base),
      try await mergeBatch(task, head: commit, onto: baseHead)
    {
      return
    }
    let worktree = worktree(of: task)
    try await makeWorktree(worktree, of: task, at: commit)
    let failure = try await firstFailure(of: task, in: worktree)
    request.checkedHead = head
    request.checkedBase = base
    request.checksPassed = failure == nil
    request.failingCheck = failure?.name
    request.failureLog = failure?.log
    request.status = failure == nil ? .green : .failing
    var event = TaskEvent.checksPassed
    if failure != nil {
      request.repairTries += 1
      event = request.repairTries > options.limits.maxRepairTries ? .needsReview : .checksFailed
    }
    var change = TaskChange(event)
    if let failure {
      change.reason =
        event == .needsReview
        ? "'\(failure.name)' still fails after \(options.limits.maxRepairTries) repairs"
        : "check '\(failure.name)' failed"
      change.fields["purpose"] = .string(AttemptPurpose.repair.rawValue)
      change.detail = failure.name
    }
    change.fields["pr"] = request.json
    change.trailers = [.init("Orch-Code", head), .init("Orch-Base", base)]
    try await tasks.record(id, change)
  }

  /// The first check that fails in a worktree; nil if all pass.
  func firstFailure(
    of task: TaskView, in worktree: Worktree
  ) async throws -> (name: String, log: String)? {
    let place = git.at(worktree.path)
    let head = try await prepareForChecks(worktree)
    defer { try? worktree.endStep(.checking) }
    for check in options.checks {
      let result = try await runCheck(check, of: task, in: worktree)
      // The tree was clean before: what a check leaves behind must not look like a worker's change, and the
      // next one must run on this commit too, whatever the last one staged or committed.
      try await place.run(["reset", "--quiet", "--hard", head])
      try await place.run(["clean", "-fdq"])
      guard result.exitCode != 0 else { continue }
      let end =
        result.timedOut
        ? "timed out after \(check.timeoutSeconds) s" : "exit code \(result.exitCode ?? -1)"
      return (check.name, "$ \(check.command)\n\(result.output)\n[\(end)]")
    }
    return nil
  }
}
