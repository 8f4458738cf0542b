internal import Agents
internal import GitState
internal import Workflow

/// What a reviewing worker says of another task's pull request.
struct ReviewReport: Sendable {
  /// The reviewed task's full name.
  let reviewed: String
  /// The review as the pull request takes it.
  let review: Review
  /// One paragraph.
  let summary: String
  /// What must be settled before a merge, one finding each: `path:line: what goes wrong`.
  let findings: [String]

  /// What an attempt of a review has found; nil if it is none, or came to no verdict.
  init?(_ task: TaskView, _ attempt: Attempt, _ collected: Collected) {
    guard let reviewed = task.reviewOf, let head = task.reviewedHead,
      let document = collected.document
    else { return nil }
    switch attempt.outcome {
    case .succeeded, .needsReview, .blocked: break
    case .unfinished, .delegated, .failed, .interrupted, nil: return nil
    }
    var findings = document.blockers
    if findings.isEmpty, document.status != "done" { findings = [document.reason] }
    self.reviewed = reviewed
    self.findings = findings.filter { !$0.isEmpty }
    summary = document.summary.isEmpty ? document.reason : document.summary
    review = Review(
      id: "\(task.id)-\(attempt.token)", reviewer: Review.agent,
      verdict: Self.verdict(document, findings), head: head)
  }

  /// What is in the way can be settled, unless the reviewer says that nothing can be made of it.
  private static func verdict(
    _ document: ResultDocument, _ findings: [String]
  ) -> Review.Verdict {
    if document.status == "blocked" { return .rejected }
    return document.status == "done" && findings.isEmpty ? .approved : .changesRequested
  }

  /// The review in words, for whoever answers it.
  var text: String {
    let list = findings.map { "- \($0)" }.joined(separator: "\n")
    return [summary, list].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// What the reviewed task's record takes of it: the verdict, and the findings as a message.
  func changes(of record: Record, at now: Int) throws -> [Change] {
    var changes = try PullRequestRecording(now: now)
      .changes([.reviewed(review)], of: record, key: record.key)
    guard review.verdict != .approved else { return changes }
    let message = Message(
      id: "review-\(review.id)", at: now, sender: review.reviewer,
      text: TextBound.prefix(text, bytes: Message.maximumBytes), isForWorker: true)
    changes.append(Change(key: record.key, event: message.event, note: nil))
    return changes
  }
}
