internal import Git2
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

/// Where the settling of a conflict by hand stands.
public enum HandResolution: Sendable, Hashable {
  /// The conflict was laid out in the task's worktree: these files need a decision.
  case laidOut(worktree: String, files: [String])
  /// It is laid out and not settled yet: these files are in conflict, or hold uncommitted changes.
  case unfinished(worktree: String, files: [String])
  /// What was settled may not be pushed; the text says why.
  case incomplete(String)
  /// It was settled, accounted for and pushed.
  case settled(head: String)
  /// There is nothing to settle; the text says why.
  case nothing(String)
}

extension EffectRunner {
  /// Lets a person settle a conflict: lays it out, or takes what was settled and publishes it.
  ///
  /// What a person settles is held against both sides like what a worker settles. Meanwhile the task waits for
  /// the person, so that no worker is begun.
  func resolveByHand(
    _ id: String, givenUp: [String: String], by author: String
  ) async throws -> HandResolution {
    let task = try await task(id)
    guard let request = task.pullRequest, let old = ObjectID(hex: request.head),
      let base = task.base, task.status != .done, task.status != .cancelled
    else { return .nothing("the task has no open pull request") }
    guard task.status != .inProgress else { return .nothing("a worker is at it") }
    let baseHead = try await network.run { try await self.fetchBranch(base) }
    let worktree = worktree(of: task)
    try await makeWorktree(worktree, of: task, at: old)
    try await furnish(worktree, of: task.id, isBases: false)
    if try worktree.status().isInOperation {
      let files = try await unmergedFiles(worktree)
      if !files.isEmpty { return .unfinished(worktree: worktree.path, files: files) }
      try await finishOperation(worktree)
    }
    let status = try worktree.status()
    guard status.isClean else {
      let files = try await unmergedFiles(worktree)
      return .unfinished(
        worktree: worktree.path, files: files.isEmpty ? status.changedFiles : files)
    }
    let head = try Repository(at: worktree.path).reference("HEAD")
    guard let head, head != old else {
      return try await layOutForPerson(task, worktree, old, onto: baseHead, base, author)
    }
    return try await take(task, worktree, from: old, to: head, base, givenUp, author)
  }

  private func layOutForPerson(
    _ task: TaskView, _ worktree: Worktree, _ head: ObjectID, onto baseHead: ObjectID,
    _ base: String, _ author: String
  ) async throws -> HandResolution {
    let former = try await formerBase(of: task, head, onto: baseHead)
    switch try await standing(of: head, onto: baseHead, since: former) {
    case nil: return .nothing("it is on top of '\(base)'")
    case .clean:
      return .nothing(
        "it fits onto '\(base)': 'orch pr rebase \(task.id.prefix(6))' brings it there")
    case .conflict(let report):
      if task.status != .needsReview {
        let reason = "\(author) settles the conflict with '\(base)' by hand"
        try await askPerson(task.id, reason, isKnown: true, hasIt: true)
      }
      try await layOutConflict(task, worktree, onto: baseHead, base)
      return .laidOut(worktree: worktree.path, files: report.files.map(\.path))
    }
  }

  private func take(
    _ task: TaskView, _ worktree: Worktree, from old: ObjectID, to head: ObjectID, _ base: String,
    _ givenUp: [String: String], _ author: String
  ) async throws -> HandResolution {
    let check = try await resolutionCheck(of: task, from: old, to: head, base, givenUp: givenUp)
    guard check.onto != nil, let audit = check.audit else {
      return .incomplete("'\(worktree.branch)' is not on top of '\(base)' yet: rebase it there")
    }
    if let complaint = check.complaint(branch: worktree.branch, base: base) {
      return .incomplete(complaint)
    }
    guard audit.isComplete else { return .incomplete(ResolutionText.complaint(audit)) }
    if let failure = try await firstFailure(of: task, in: worktree) {
      return .incomplete("check '\(failure.name)' fails:\n\(failure.log.suffix(3000))")
    }
    try await ResolutionLibrary(tasks.state).add(
      check.findings.learned, givenUp: audit.entries, task: task.id)
    let account = ResolutionText.json(audit).indentedText + "\n"
    let signed = try await signWork(
      worktree, head, notIn: published(task), of: task, settling: check.findings.mapping
    ).mapping
    let final = signed[head] ?? head
    let token = try await recordByHand(task, head: final, author, account: account)
    try await copyNotes(check.findings.mapping.mapValues { signed[$0] ?? $0 })
    try await publish(task.id, token)
    return .settled(head: final.hex)
  }

  /// Records what a person did as an attempt of theirs, in one decision: nobody sees half of it.
  private func recordByHand(
    _ task: TaskView, head: ObjectID, _ author: String, account: String
  ) async throws -> Int {
    guard let id = RecordID(task.id) else { throw TaskError.missing(task.id) }
    let key = RecordKey(.tasks, id)
    let now = options.clock()
    let host = tasks.state.host
    let outcome = try await tasks.state.write(
      Decision(reading: [key]) { records in
        guard var rolling = records[key] else { throw TaskError.missing(task.id) }
        let view = TaskView(rolling)
        guard view.status != .inProgress, view.pullRequest?.head == task.pullRequest?.head else {
          throw TaskError.staleAttempt(task: task.id, token: view.highestToken)
        }
        var attempt = Attempt(
          number: view.attempts.count + 1, token: view.highestToken + 1, agent: "person")
        attempt.purpose = .rebase
        attempt.startHead = view.pullRequest?.head
        attempt.host = host
        attempt.startedAt = now
        attempt.endedAt = now
        attempt.outcome = .succeeded
        attempt.head = head.hex
        attempt.commits = 1
        var changes: [Change] = []
        for var change in Self.steps(from: view, attempt, account: account) {
          change.author = author
          let made = try change.change(of: rolling, key: key)
          rolling.anticipate(made)
          changes.append(made)
        }
        return changes
      })
    return outcome.records[key].map { TaskView($0).highestToken } ?? task.highestToken + 1
  }

  /// The events that lead from where a task stands to a person's attempt that has ended.
  private static func steps(
    from view: TaskView, _ attempt: Attempt, account: String
  ) -> [TaskChange] {
    var changes: [TaskChange] = []
    if view.status == .needsReview || view.status == .blocked {
      changes.append(TaskChange(.unblocked))
    }
    if view.status == .inReview {
      var change = TaskChange(.pullRequestConflicted)
      change.reason = "settled by hand"
      changes.append(change)
    } else {
      var change = TaskChange(.routed)
      change.setRoute(view.route ?? Route(executor: "person", reason: "settled by hand"))
      changes.append(change)
    }
    var start = TaskChange(.attemptStarted)
    start.token = attempt.token
    start.fields = [Field.attempt(attempt.token, "start"): attempt.startFields]
    start.detail = "attempt \(attempt.number), by hand"
    changes.append(start)
    var end = TaskChange(.attemptSucceeded)
    end.token = attempt.token
    end.fields = [
      Field.attempt(attempt.token, "end"): attempt.endFields,
      "purpose": .string(AttemptPurpose.rebase.rawValue),
    ]
    end.files = [
      .init(
        path: ["attempts", "\(attempt.token)-\(attempt.host)", "resolution.json"],
        bytes: Array(account.utf8))
    ]
    changes.append(end)
    return changes
  }
}

extension Orchestrator {
  /// Lets a person settle a conflict of a task's branch with its base.
  public func resolveByHand(
    _ task: String, givenUp: [String: String], by author: String
  ) async throws -> HandResolution {
    try await runner.resolveByHand(task, givenUp: givenUp, by: author)
  }
}
