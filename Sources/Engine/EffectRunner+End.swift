internal import Agents
internal import Git2
internal import GitState
internal import JSON
internal import Workflow

extension EffectRunner {
  /// Records how an attempt ended and what follows from it, in one decision.
  func recordEnd(of task: TaskView, _ attempt: Attempt, _ collected: Collected) async throws {
    try await writeNotes(task, attempt, collected)
    let learned = try await learned(task, collected)
    guard let id = RecordID(task.id) else { throw TaskError.missing(task.id) }
    let key = RecordKey(.tasks, id)
    let now = options.clock()
    let host = tasks.state.host
    let limits = options.limits
    let isAutomatic = options.autoApprove
    var finished = Self.ended(attempt, collected, at: now)
    let folder = "\(attempt.token)-\(host)"
    let children =
      collected.plan.map { PlanStore.children($0.plan, of: task, folder: folder) } ?? []
    let report = ReviewReport(task, finished, collected)
    if report == nil, learned == nil { Self.judgeSilence(&finished, collected) }
    let ended = finished
    let isMissingHere = ended.failure == .notInstalled && shared != nil
    if isMissingHere { noteMissing(ended.agent) }
    if let report { try await post(report) }
    let voice = await voice(of: attempt, task.id)
    let reviewed = report.flatMap { RecordID($0.reviewed) }.map { RecordKey(.tasks, $0) }
    _ = try await tasks.state.write(
      Decision(reading: [key] + (reviewed.map { [$0] } ?? [])) { records in
        guard let record = records[key] else { throw TaskError.missing(task.id) }
        var view = TaskView(record)
        guard view.attempts.last?.token == attempt.token, view.attempts.last?.endedAt == nil else {
          throw TaskError.staleAttempt(task: task.id, token: attempt.token)
        }
        view.attempts[view.attempts.count - 1] = ended
        view.result = collected.result
        var verdict = Verdict.decide(view, attempt: ended, limits: limits)
        if isMissingHere { verdict = Self.passedOn(verdict, ended, of: view) }
        if task.kind == .retrospective {
          verdict = Retrospection.settled(verdict, attempt: ended, learned: learned)
        }
        let waiting = Self.waitingPlan(verdict, collected, view, isAutomatic: isAutomatic)
        if let waiting {
          verdict = .askPerson(reason: PlanApproval.reason(waiting.plan, task: task.id))
        }
        // A review is over when it has a verdict, whatever that is.
        if let report { verdict = .finish(summary: report.summary) }
        var change = EndRecord(view: view, attempt: ended, collected: collected)
          .change(verdict, now: now)
        change.token = Self.token(of: attempt, in: view, voice)
        change.fields.merge(Self.reviewFields(view, ended, verdict, at: now)) { _, new in new }
        change.files += Self.files(collected, attempt, host: host)
        if waiting != nil || record.fields[PlanStore.field] != nil {
          change.fields[PlanStore.field] = waiting == nil ? .null : .string(folder)
        }
        var changes: [Change] = []
        // A person may have cancelled the task meanwhile: the facts are kept, the status is theirs.
        if (try? TaskMachine.transition(from: view.status, on: change.event)) == nil {
          change.event = .checkpointed
          change.reason = nil
        }
        if let report, let record = reviewed.flatMap({ records[$0] }) {
          changes += try report.changes(of: record, at: now)
        }
        guard change.event == .delegated else {
          return [try change.change(of: record, key: key)] + changes
        }
        change.operations += children.map { .add(Field.children, $0.id.text) }
        changes.append(try change.change(of: record, key: key))
        for child in children {
          changes += try child.task.changes(
            id: child.id, parent: nil, author: "task \(id.short)", now: now, host: host)
        }
        return changes
      })
  }

  /// What follows where machines share the work and an agent's program is missing on this one: the task is left to the
  /// others, unless it was given to this one, or failed so here before.
  private static func passedOn(
    _ verdict: Verdict, _ attempt: Attempt, of task: TaskView
  ) -> Verdict {
    let hasFailedSo = task.countedAttempts.contains {
      $0.token != attempt.token && $0.host == attempt.host && $0.failure == .notInstalled
    }
    guard case .block(let reason) = verdict, task.pinnedHost != attempt.host, !hasFailedSo else {
      return verdict
    }
    return .retry(reason: reason, purpose: attempt.purpose)
  }

  /// What the pull request learns when a worker of its own ends without commits to publish.
  private static func reviewFields(
    _ task: TaskView, _ attempt: Attempt, _ verdict: Verdict, at now: Int
  ) -> [String: JSONValue] {
    let reason = attempt.error ?? "the worker changed nothing"
    var answer: String?
    if case .finish(let summary) = verdict { answer = summary }
    guard let failed = failedWork(attempt, reason, answer: answer) else { return [:] }
    switch verdict {
    case .publish: return [:]
    case .askPerson(let text):
      // It has not arrived at the place yet: the watcher sees to that.
      return task.fields(after: [.escalated(Question(.worker, text))], at: now)
    case .finish, .retry, .reroute, .delegate, .block:
      return task.fields(after: [failed], at: now)
    }
  }

  private static func ended(_ attempt: Attempt, _ collected: Collected, at now: Int) -> Attempt {
    var ended = attempt
    ended.endedAt = now
    ended.outcome = collected.outcome ?? .failed
    ended.failure = collected.outcome == nil ? collected.failure ?? .other : nil
    ended.error = collected.error
    ended.costUSD = collected.report.costUSD
    ended.inputTokens = collected.report.inputTokens
    ended.outputTokens = collected.report.outputTokens
    ended.sessionID = collected.report.sessionID
    ended.promptHash = collected.promptHash
    ended.model = attempt.model ?? collected.report.model
    ended.head = collected.head?.hex
    ended.base = collected.base?.hex
    ended.commits = collected.commits.count + collected.pushedBefore
    ended.outside = collected.outside
    ended.retryAt = collected.report.failure?.retryAfterSeconds.map { now + $0 * 1000 }
    return ended
  }

  /// An attempt that changed nothing and said nothing is a failure like any other, whatever its program's exit code:
  /// it is looked back at, and lessons are measured by it.
  private static func judgeSilence(_ attempt: inout Attempt, _ collected: Collected) {
    guard attempt.outcome == .succeeded, attempt.commits == 0, attempt.purpose != .rebase,
      (collected.result?.summary ?? "").isEmpty
    else { return }
    attempt.outcome = .failed
    attempt.failure = .nothingDone
    attempt.error = RetryLoop.silence
  }

  /// The plan that a person must say yes to before its tasks are made; nil if there is none.
  private static func waitingPlan(
    _ verdict: Verdict, _ collected: Collected, _ task: TaskView, isAutomatic: Bool
  ) -> StoredPlan? {
    guard case .delegate = verdict,
      PlanApproval.isNeeded(for: task.kind, isAutomatic: isAutomatic)
    else { return nil }
    return collected.plan
  }

  /// The attempt's report and result, written once beside the log.
  private static func files(
    _ collected: Collected, _ attempt: Attempt, host: String
  ) -> [Change.File] {
    let folder = ["attempts", "\(attempt.token)-\(host)"]
    var files: [Change.File] = []
    if let result = collected.result {
      files.append(
        .init(path: folder + ["result.json"], bytes: Array((result.json.indentedText + "\n").utf8)))
    }
    if let account = collected.resolution {
      files.append(.init(path: folder + ["resolution.json"], bytes: Array(account.utf8)))
    }
    let text = collected.report.finalText.utf8.suffix(32 * 1024)
    if !text.isEmpty { files.append(.init(path: folder + ["report.md"], bytes: Array(text))) }
    if let plan = collected.plan { files += PlanStore.files(plan, folder: folder[1]) }
    return files
  }

  /// Notes on the worker's commits: who wrote them, for which task, at what cost.
  private func writeNotes(
    _ task: TaskView, _ attempt: Attempt, _ collected: Collected
  ) async throws {
    guard !collected.commits.isEmpty else { return }
    let line = JSONValue.compact([
      "task": .string(task.id), "title": .string(String(task.title.prefix(200))),
      "attempt": .number(attempt.number), "agent": .string(attempt.agent),
      "model": .optional(attempt.model ?? collected.report.model),
      "prompt_hash": collected.promptHash.map(JSONValue.string),
      "session": collected.report.sessionID.map(JSONValue.string),
      "cost_usd": collected.report.costUSD.map(JSONValue.double),
      "input_tokens": collected.report.inputTokens.map(JSONValue.number),
      "output_tokens": collected.report.outputTokens.map(JSONValue.number),
      "lessons": attempt.lessons.isEmpty ? nil : .texts(attempt.lessons),
    ]).canonicalText
    let notes = Dictionary(
      collected.commits.map { ($0, [line]) }, uniquingKeysWith: { first, _ in first })
    let signature = signatureNow
    try await noting { repository throws(GitError) in
      try Notes.add(
        notes, to: RefLayout.notes, by: signature,
        message: "orch: provenance of \(task.id.prefix(6))", in: repository)
    }
  }
}

/// Turns a verdict into what is recorded.
private struct EndRecord {
  let view: TaskView
  let attempt: Attempt
  let collected: Collected

  func change(_ verdict: Verdict, now: Int) -> TaskChange {
    var change: TaskChange
    switch verdict {
    case .publish: change = TaskChange(.attemptSucceeded)
    case .finish(let summary):
      // Who was to answer a review and changes nothing has finished nothing: the watcher decides.
      let isOver = !(attempt.purpose.isForPullRequest && view.hasOpenPullRequest)
      change = TaskChange(isOver ? .finished : .pullRequestResumed)
      change.reason = summary
    case .retry(let reason, let purpose):
      change = TaskChange(
        attempt.outcome == .interrupted ? .attemptInterrupted : .attemptFailed)
      change.reason = reason
      change.fields["purpose"] = .string(purpose.rawValue)
      if attempt.outcome == .unfinished { change.verb = "unfinished" }
    case .reroute(let reason):
      change = TaskChange(.attemptFailed)
      change.reason = reason
      change.verb = "rerouted"
    case .delegate:
      change = TaskChange(.delegated)
      change.fields["waits"] = true
      let count = collected.document?.delegations.count ?? 0
      change.detail = "\(count) children"
    case .block(let reason):
      change = TaskChange(.blocked)
      change.reason = reason
    case .askPerson(let reason):
      change = TaskChange(.needsReview)
      change.reason = reason
    }
    complete(&change, now: now)
    return change
  }

  /// An agent that asks for help without a message of its own has asked with its reason.
  ///
  /// What orch asks because of how an attempt ended is its own question; a plan is approved, not answered.
  private func addQuestion(to change: inout TaskChange, now: Int) {
    guard change.event == .needsReview, view.openQuestions.isEmpty, let reason = change.reason,
      !reason.isEmpty, attempt.outcome != .delegated
    else { return }
    guard attempt.outcome == .needsReview, !collected.isHeldBack else {
      return change.ask(reason, of: view, at: now)
    }
    let question = Message(
      id: "\(attempt.token)-result", at: now, sender: "worker",
      text: TextBound.prefix(reason, bytes: Message.maximumBytes), isForWorker: false)
    change.operations.append(.add(Field.messages, question.encoded))
  }

  private func complete(_ change: inout TaskChange, now: Int) {
    change.fields[Field.attempt(attempt.token, "end")] = attempt.endFields
    if let result = collected.result { change.fields["result"] = result.json }
    if let checkpoint = collected.checkpoint {
      change.fields["checkpoint"] = .string(checkpoint)
    }
    // What a failed worker was told, the next one must be told again.
    if attempt.failure == nil, attempt.outcome != .interrupted {
      change.operations += collected.delivered.map { .add(Field.read, $0) }
    }
    addQuestion(to: &change, now: now)
    if change.reason == nil { change.reason = collected.remark }
    if change.detail == nil {
      let time = Timestamp.duration(now - attempt.startedAt)
      let files = attempt.commits == 1 ? "1 commit" : "\(attempt.commits) commits"
      change.detail = "attempt \(attempt.number), \(time), \(files)"
    }
    change.trailers = [
      .init("Orch-Attempt", String(attempt.number)),
      .init("Orch-Agent", attempt.model.map { "\(attempt.agent)/\($0)" } ?? attempt.agent),
    ]
    if let head = attempt.head { change.trailers.append(.init("Orch-Code", head)) }
  }
}
