internal import Git2
internal import GitState
internal import Workflow

extension EffectRunner {
  /// Makes a task of reviewing a head, for another agent than the author; recorded together with the asking.
  func askReviewer(_ task: TaskView, _ head: String) async throws {
    guard let request = task.pullRequest, request.head == head,
      let key = RecordID(task.id).map({ RecordKey(.tasks, $0) })
    else { return }
    let authors = Set(task.attempts.map(\.agent))
    let agents = availability(tasks: [:], now: options.clock())
    guard let agent = agents.first(where: { $0.isReady(at: 0) && !authors.contains($0.name) })
    else {
      let names = authors.sorted().map { "'\($0)'" }.joined(separator: ", ")
      let text = "every agent that could review it is an author of it (\(names)): who reviews?"
      try await note(task, [.escalated(Question(.reviewer, text))])
      return
    }
    var random = SystemRandomNumberGenerator()
    let id = RecordID.random(using: &random)
    var review = NewTask(title: "Review: \(task.title)")
    review.kind = .review
    review.body = try await body(of: task)
    review.agent = agent.name
    review.priority = task.priority
    review.reviewOf = task.id
    review.reviewedHead = head
    let (wanted, now, host) = (review, options.clock(), tasks.state.host)
    _ = try await tasks.state.write(
      Decision(reading: [key]) { records in
        guard let record = records[key] else { throw TaskError.missing(task.id) }
        let asked = try PullRequestRecording(now: now)
          .changes([.reviewAsked(head: head)], of: record, key: key)
        guard TaskView(record).pullRequest?.head == head, !asked.isEmpty else { return [] }
        return try asked
          + wanted.changes(id: id, parent: nil, author: "orch", now: now, host: host)
      })
  }

  /// Shows a review at the place before it is recorded.
  func post(_ report: ReviewReport) async throws {
    let task = try await task(report.reviewed)
    guard task.hasOpenPullRequest else { return }
    try await place.post(
      report.review, text: report.summary, findings: report.findings, on: watched(task))
  }
}
