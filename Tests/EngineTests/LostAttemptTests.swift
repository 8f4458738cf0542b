import GitState
import JSON
import Testing
import Workflow

@testable import Engine

@Suite struct `Attempts without an end` {
  private func task(_ status: TaskStatus, _ attempts: [Attempt]) throws -> TaskView {
    let id = try #require(RecordID("0123456789ab"))
    var record = Record(key: RecordKey(.tasks, id))
    record.state = Record.State(generation: 0, rank: status.rank, name: status.rawValue)
    for attempt in attempts {
      record.fields[Field.attempt(attempt.token, "start")] = attempt.startFields
      guard attempt.endedAt != nil else { continue }
      record.fields[Field.attempt(attempt.token, "end")] = attempt.endFields
    }
    return TaskView(record)
  }

  /// Two machines may each have begun the first one, the one before it heard of the other.
  @Test func `run only as the newest of a task that is worked on`() throws {
    let first = Attempt(number: 1, token: 1, agent: "a")
    var second = Attempt(number: 1, token: 2, agent: "a")
    #expect(try task(.inProgress, [first]).attempts.map(\.outcome) == [nil])
    #expect(try task(.inProgress, [first, second]).attempts.map(\.outcome) == [.interrupted, nil])
    for status in [TaskStatus.cancelled, .routed, .done] {
      #expect(try task(status, [first]).attempts.map(\.outcome) == [.interrupted])
    }
    second.endedAt = 9
    second.outcome = .succeeded
    for status in [TaskStatus.inProgress, .inReview, .done] {
      let attempts = try task(status, [first, second]).attempts
      #expect(attempts.map(\.outcome) == [.interrupted, .succeeded])
      #expect(attempts.map(\.endedAt) == [nil, 9])
    }
    let shown = try TaskOutput.json(task(.done, [first, second]))["attempts"]?.array ?? []
    #expect(shown.map { $0["outcome"] ?? "" } == ["interrupted", "succeeded"])
  }
}
