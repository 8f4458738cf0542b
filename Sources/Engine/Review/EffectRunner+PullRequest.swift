internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Where pull requests live.
  var place: any ReviewPlace {
    options.place
      ?? LocalPlace(
        git: git, code: code, remote: options.remote,
        push: { updates, task in try await self.push(updates, for: task) },
        sign: { commit, parents, task in
          try await self.signMissing(in: commit, notIn: parents, of: task).mapping[commit] ?? commit
        },
        signature: signatureNow)
  }

  /// Carries out what a pull request calls for.
  func carryOut(_ effect: PullRequestEffect, of id: String) async throws {
    let task = try await task(id)
    guard task.hasOpenPullRequest else { return }
    switch effect {
    case .rebase(let pair): try await rebase(task, pair)
    case .runChecks(let pair): try await check(task, pair)
    case .merge(let pair): try await merge(task, pair)
    case .settleConflict(_, let files):
      try await assign(task, .rebase, effect, reason: "conflicts with the base", files)
    case .repair(let pair, let obligations):
      switch try await baseStanding(of: task, pair) {
      // The next look sees that the base fails too, and waits for it.
      case .failsToo: return
      case .failsAlike(let question):
        try await note(task, [.escalated(question)])
        return
      case .sound: break
      }
      try await gatherEvidence(task, pair)
      let names = task.pullRequest?.obligations.entries.filter { obligations.contains($0.id) }
        .map { $0.check.map { "'\($0)'" } ?? "the review of \($0.reviewer ?? "someone")" }
      try await assign(
        try await self.task(id), .repair, effect, reason: "to be answered", names ?? [])
    case .rerun(let pair, let runs): try await rerun(task, pair, runs)
    case .askPerson(let question): try await ask(task, question)
    case .askReviewer(let head): try await askReviewer(task, head)
    }
  }

  /// Records what looks brought; returns the revisions that the looks speak of now.
  func observe(_ observations: [Observation]) async throws -> [String: Int] {
    let isUnchecked = place.runsChecks && options.checks.isEmpty
    let recording = PullRequestRecording(now: options.clock(), isUnchecked: isUnchecked) {
      event, change in
      // Without checks there is nothing to be proud of.
      if case .checksPassed = event, isUnchecked { change.verb = nil }
    }
    let stored = try await tasks.record(observations, recording)
    for item in observations where item.events.contains(where: \.isEnd) {
      let task = try await self.task(item.task)
      // Somebody merged or closed it while a worker was at it.
      if task.status.isTerminal, task.attempts.last?.endedAt == nil { stopWorker(of: task) }
    }
    return stored
  }

  /// Records events of a task's pull request; false if the first one is illegal by now.
  @discardableResult
  func note(
    _ task: TaskView, _ events: [PullRequestEvent],
    _ complete: @escaping @Sendable (PullRequestEvent, inout TaskChange) -> Void = { _, _ in }
  ) async throws -> Bool {
    let recording = PullRequestRecording(now: options.clock(), complete: complete)
    return try await tasks.record(task.id, events, recording)
  }

  /// Gives the task to a worker; the pull request learns of it when the worker begins.
  private func assign(
    _ task: TaskView, _ purpose: AttemptPurpose, _ effect: PullRequestEffect, reason: String,
    _ subjects: [String]
  ) async throws {
    guard task.status == .inReview, let event = effect.taskEvent else { return }
    let list = subjects.joined(separator: ", ")
    var change = TaskChange(event)
    change.reason = list.isEmpty ? reason : "\(list): \(reason)"
    change.detail = subjects.prefix(3).joined(separator: ", ")
    change.fields["purpose"] = .string(purpose.rawValue)
    let assigned = change
    do {
      try await tasks.record(task.id) { view in
        guard view.pullRequest?.revision == task.pullRequest?.revision else { throw Outdated() }
        return assigned
      }
    } catch is Outdated {
      // Something happened to the pull request meanwhile: the watcher decides anew.
    }
  }

  /// The pull request is no longer the one that was decided on.
  private struct Outdated: Error {}

  /// The obligations that a worker who begins now is told of.
  static func obligations(of view: PullRequestView) -> [String] {
    (view.obligations.openReviews + view.openFailures).map(\.id)
  }

  /// Brings what the failing checks' logs say, for the worker's prompt.
  private func gatherEvidence(_ task: TaskView, _ pair: CommitPair) async throws {
    guard let view = task.pullRequest, view.evidence == false,
      view.failedChecks.contains(where: { $0.log == nil })
    else { return }
    let known = try await place.evidence(of: view.failedChecks, in: watched(task))
    if known != view.failedChecks {
      try await note(task, [.checksFailed(pair, known)]) { _, change in change.verb = nil }
    }
  }

  private func rerun(
    _ task: TaskView, _ pair: CommitPair, _ runs: [FailedCheck]
  ) async throws {
    guard task.pullRequest?.pair == pair else { return }
    let asked = try await place.rerun(runs, of: watched(task))
    // What cannot be repeated is counted as asked for, and its result stands.
    let noted = runs.map { run in
      asked.contains(run) ? run : FailedCheck(name: run.name, run: run.run + " not repeatable")
    }
    try await note(task, [.checksRerun(pair, noted)])
  }

  /// Asks a person at the place, then records that the question has arrived.
  private func ask(_ task: TaskView, _ question: Question) async throws {
    guard task.pullRequest?.question == question else { return }
    try await place.ask(question, about: watched(task))
    let now = options.clock()
    try await tasks.record(task.id) { view in
      var change = TaskChange(.needsReview)
      if view.status == .needsReview, view.reason == String(question.text.prefix(2000)) {
        // Its worker's end has said so already.
        change.kind = PullRequestEventKind.personAsked.rawValue
      } else {
        change.reason = question.text
        change.ask(question.text, of: view, at: now)
      }
      change.fields = view.fields(after: [.personAsked], at: now)
      return change
    }
  }

  /// Gives a task back to its watcher.
  func resumeReview(_ id: String) async throws {
    var change = TaskChange(.pullRequestResumed)
    change.fields["purpose"] = .null
    try await tasks.record(id, change)
  }

  /// A task's pull request with the heads that are known of it.
  func watched(_ task: TaskView) -> WatchedPullRequest {
    WatchedPullRequest(
      task: task, branch: task.remoteBranch, base: task.base ?? "",
      branchHead: task.pullRequest?.head, baseHead: task.pullRequest?.targetBase)
  }
}
