public import GitState
public import JSON
public import Workflow

/// What is to be recorded of a task: an event of the machine, what it sets, and what people read of it.
public struct TaskChange: Sendable {
  /// What happened.
  public var event: TaskEvent
  /// The name that is stored, if it is not the event's own; `verb` is then said only if it is set.
  public var kind: String?
  /// Who or what caused it.
  public var author = "orch"
  /// The attempt that it speaks for.
  public var token: Int?
  /// Fields that are given a value; `null` takes one away.
  public var fields: [String: JSONValue] = [:]
  /// Further operations, on sets.
  public var operations: [GitState.Operation] = []
  /// Why the task stands where it does from now on; nil takes an older reason away.
  public var reason: String?
  /// A remark for the subject of the commit.
  public var detail: String?
  /// Lines for machines in the commit's message.
  public var trailers: [CommitNote.Trailer] = []
  /// Write-once files.
  public var files: [Change.File] = []
  /// Another verb than the event's own, for the subject.
  public var verb: String?

  /// A change without anything beside its event.
  public init(_ event: TaskEvent) { self.event = event }

  /// The change of a record: transition, fields, and the commit's text.
  ///
  /// Throws `IllegalTransition` if the event makes no sense where the task stands.
  func change(of record: Record?, key: RecordKey) throws -> Change {
    let status = record?.state.flatMap { TaskStatus(rawValue: $0.name) } ?? .new
    let transition = try TaskMachine.transition(from: status, on: event)
    var all = operations
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) { all.append(.set(name, value)) }
    let isNew = record?.state == nil
    if isNew || transition.status != status || transition.raisesGeneration {
      let generation = (record?.state?.generation ?? 0) + (transition.raisesGeneration ? 1 : 0)
      all.append(
        .state(
          generation: generation, rank: transition.status.rank, name: transition.status.rawValue))
      if reason != nil || record?.fields["reason"] != nil {
        all.append(.set("reason", .optional(reason.map { String($0.prefix(2000)) })))
      }
    }
    let title = fields["title"]?.string ?? record?.fields["title"]?.string ?? ""
    return Change(
      key: key,
      event: EventDraft(
        kind: kind ?? event.rawValue, author: author, token: token, operations: all, message: reason
      ),
      note: note(title: title), files: files)
  }

  private func note(title: String) -> CommitNote? {
    guard let verb = verb ?? (kind == nil ? event.verb : nil) else { return nil }
    return CommitNote(
      verb: verb, title: title, detail: detail, body: reason,
      trailers: trailers + (token.map { [.init("Orch-Token", String($0))] } ?? []))
  }
}

extension TaskEvent {
  /// The word for people in the diary; nil for progress, which has no commit of its own.
  var verb: String? {
    switch self {
    case .created: "new"
    case .edited: "edited"
    case .routed: "routed"
    case .attemptStarted: "started"
    case .attemptSucceeded: "finished"
    case .attemptFailed: "failed"
    case .attemptInterrupted: "interrupted"
    case .delegated: "delegated"
    case .resumed: "resumed"
    case .blocked: "blocked"
    case .needsReview: "needs review"
    case .cancelled: "cancelled"
    case .retried: "retried"
    case .unblocked: "unblocked"
    case .continued: "goes on"
    case .finished: "done"
    case .checkpointed: nil
    case .pullRequestOpened: "in review"
    case .pullRequestRebased: "rebased"
    case .pullRequestConflicted: "to be settled"
    case .checksPassed: "checks passed"
    case .checksFailed: "to be repaired"
    case .pullRequestApproved: "approved"
    case .merged: "merged"
    case .pullRequestClosed: "closed"
    case .pullRequestResumed: "goes on"
    case .cleanedUp: "cleaned up"
    }
  }
}

/// Changes of a pull request that people make.
public enum PullRequestChange {
  /// Someone approved its head, at a time in milliseconds since 1970.
  public static func approval(of task: TaskView, by author: String, at now: Int) -> TaskChange {
    // A person may approve what waits for a person: the next look sees that the question is answered.
    let isInReview = task.status == .inReview
    var change = TaskChange(isInReview ? .pullRequestApproved : .checkpointed)
    change.kind = TaskEvent.pullRequestApproved.rawValue
    change.verb = "approved"
    change.author = author
    change.detail = "by \(author)"
    if let request = task.pullRequest {
      let review = Review(
        id: "local-\(now)", reviewer: author, verdict: .approved, head: request.head)
      // A person's word stands above the reviewing agent's.
      let withdrawn = request.objectors.filter { $0 == Review.agent && $0 != author }
        .map { PullRequestEvent.reviewWithdrawn(reviewer: $0) }
      change.fields = task.fields(after: [.reviewed(review)] + withdrawn, at: now)
    }
    return change
  }

  /// Someone rejects it, at a time in milliseconds since 1970: it is not merged while that stands.
  public static func rejection(
    of task: TaskView, by author: String, reason: String, at now: Int
  ) -> TaskChange {
    var change = TaskChange(.checkpointed)
    change.kind = PullRequestEventKind.rejected.rawValue
    change.verb = "rejected"
    change.author = author
    change.detail = "by \(author)"
    change.reason = reason.isEmpty ? nil : reason
    if let request = task.pullRequest {
      let review = Review(
        id: "local-\(now)", reviewer: author, verdict: .rejected, head: request.head)
      change.fields = task.fields(after: [.reviewed(review)], at: now)
    }
    return change
  }

  /// A person lets a task go on that stands still, at a time in milliseconds since 1970.
  ///
  /// A pull request that is open goes back to its watcher, work that could not be published is published,
  /// any other task is begun anew. Earlier attempts count no longer against the limits.
  public static func resumption(of task: TaskView, at now: Int) -> TaskChange {
    if task.status == .needsReview, let token = task.unpublished,
      task.attempts.last?.token == token
    {
      var change = TaskChange(.continued)
      change.fields[Field.unpublished] = .null
      return change
    }
    guard task.status == .needsReview || task.status == .blocked, task.hasOpenPullRequest,
      task.pullRequest?.question != nil || task.nextPurpose.isForPullRequest
    else {
      return beginning(task)
    }
    // A branch without commits has nothing to go on with: a worker begins from what it kept.
    if task.pullRequest?.question?.cause == .branchEmptied {
      var change = beginning(task)
      change.fields.merge(
        task.fields(after: [.answered(reason: "a person lets it go on")], at: now)
      ) { _, new in new }
      return change
    }
    var change = TaskChange(.pullRequestResumed)
    change.fields = task.fields(after: [.answered(reason: "a person lets it go on")], at: now)
    change.fields["forgiven"] = .number(task.attempts.count)
    return change
  }

  private static func beginning(_ task: TaskView) -> TaskChange {
    var change = TaskChange(.unblocked)
    change.fields = task.freshStart
    return change
  }
}

extension TaskChange {
  /// Files a question of orch's with the task's messages, at a time in milliseconds since 1970.
  ///
  /// `orch msg answer` answers it, and the answer lets the task go on. What is asked already is not asked twice.
  mutating func ask(_ text: String, of task: TaskView, at now: Int) {
    let text = TextBound.prefix(text, bytes: Message.maximumBytes)
    guard !text.isEmpty, !task.openQuestions.contains(where: { $0.text == text }) else { return }
    let question = Message(
      id: "\(Message.orchSender)-\(now)", at: now, sender: Message.orchSender, text: text,
      isForWorker: false)
    operations.append(.add(Field.messages, question.encoded))
  }

  /// Gives a task another route, by a person's choice.
  public mutating func setRoute(_ route: Route) { fields["route"] = route.json }
}
