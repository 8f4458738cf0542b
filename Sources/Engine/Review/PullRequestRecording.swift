internal import GitState
internal import JSON
internal import Workflow

/// Events of one pull request as changes of its task's record, one for each.
struct PullRequestRecording: Sendable {
  /// Milliseconds since 1970.
  let now: Int
  /// True if checks passed because there are none to run.
  var isUnchecked = false
  /// Says more of a change: its detail, its reason.
  var complete: @Sendable (PullRequestEvent, inout TaskChange) -> Void = { _, _ in }

  /// The changes; an event that is illegal by now ends them, and nothing after it is recorded.
  func changes(
    _ events: [PullRequestEvent], of record: Record, key: RecordKey
  ) throws -> [Change] {
    var rolling = record
    var changes: [Change] = []
    for event in events {
      let task = TaskView(rolling)
      guard let before = task.pullRequest,
        var after = try? PullRequestMachine.transition(before, on: event, at: now)
      else { break }
      if case .checksPassed = event { after.isUnchecked = isUnchecked }
      var change = TaskChange(Self.taskEvent(task, from: before, to: after))
      change.kind = event.kind.rawValue
      change.verb = event.verb
      change.detail = event.detail
      change.reason = event.reason
      // What is said of an older attempt is true all the same: its token must not make it stale.
      change.token = event.token == task.highestToken ? event.token : nil
      change.fields = after.fields(since: before)
      change.trailers = [.init("Orch-Code", after.mergedAs ?? after.head)]
      if task.watches != nil, after.isClosed, !before.isClosed {
        // It may be opened again before anybody sees in a list that it was closed.
        change.fields[Field.issueLeft] = .string(IssueLeave(seenAt: task.issueAskedAt ?? 0).text)
      }
      complete(event, &change)
      let made = try change.change(of: rolling, key: key)
      rolling.anticipate(made)
      changes.append(made)
    }
    return changes
  }

  /// What an event of the pull request means for its task.
  private static func taskEvent(
    _ task: TaskView, from before: PullRequestView, to after: PullRequestView
  ) -> TaskEvent {
    let status = task.status
    let wasHeld = before.status == .escalated || before.status == .closed
    let isHeld = after.status == .escalated || after.status == .closed
    var wanted = TaskEvent.checkpointed
    if after.mergedAs != nil {
      wanted = .merged
    } else if after.isClosed, !before.isClosed {
      // Whoever closes their own pull request wants nothing more of it.
      wanted = task.watches == nil ? .pullRequestClosed : .cancelled
    } else if status == .needsReview, wasHeld, !isHeld {
      wanted = .pullRequestResumed
    }
    let isLegal = (try? TaskMachine.transition(from: status, on: wanted)) != nil
    return isLegal ? wanted : .checkpointed
  }
}

extension TaskStore {
  /// Records what happened to a task's pull request; false if the first event is illegal by now.
  @discardableResult
  nonisolated func record(
    _ id: String, _ events: [PullRequestEvent], _ recording: PullRequestRecording
  ) async throws -> Bool {
    guard let key = RecordID(id).map({ RecordKey(.tasks, $0) }) else { throw TaskError.missing(id) }
    let outcome = try await state.write(
      Decision(reading: [key]) { records in
        guard let record = records[key] else { throw TaskError.missing(id) }
        return try recording.changes(events, of: record, key: key)
      })
    return outcome.records[key] != nil
  }

  /// Records what looks brought, in one turn; of a pull request that has changed since, nothing.
  ///
  /// Returns the tasks of which something was recorded, with the revision that their looks speak of now.
  nonisolated func record(
    _ observations: [Observation], _ recording: PullRequestRecording
  ) async throws -> [String: Int] {
    let keys = observations.compactMap { item in
      RecordID(item.task).map { (RecordKey(.tasks, $0), item) }
    }
    guard !keys.isEmpty else { return [:] }
    let outcome = try await state.write(
      Decision(reading: keys.map(\.0)) { records in
        try keys.flatMap { key, item -> [Change] in
          guard let record = records[key],
            TaskView(record).pullRequest?.revision == item.view.revision
          else { return [] }
          return try recording.changes(item.events, of: record, key: key)
        }
      })
    var revisions: [String: Int] = [:]
    for (key, record) in outcome.records {
      revisions[key.id.text] = TaskView(record).pullRequest?.revision
    }
    return revisions
  }
}

extension TaskView {
  /// The fields that events of the pull request change; one that is illegal by now is left out.
  func fields(after events: [PullRequestEvent], at now: Int) -> [String: JSONValue] {
    guard let before = pullRequest else { return [:] }
    var view = before
    for event in events {
      view = (try? PullRequestMachine.transition(view, on: event, at: now)) ?? view
    }
    return view == before ? [:] : view.fields(since: before)
  }
}
