internal import GitState
internal import Workflow

/// The lessons of the newest state; only what changed since the last call is read.
actor LessonCache {
  private let state: StateStore
  private var trusted: Set<String> = []
  private var seen: StateReader?
  private var lessons: [String: Lesson] = [:]

  init(_ state: StateStore) { self.state = state }

  /// Every lesson, oldest first; what machines other than this one and `hosts` have written waits for approval.
  func all(trusting hosts: Set<String>) async throws -> [Lesson] {
    let trusted = hosts.union([state.host])
    if trusted != self.trusted {
      self.trusted = trusted
      seen = nil
    }
    let earlier = seen
    let update = try await state.read { reader, repository -> Update? in
      if let earlier, earlier.tip == reader.tip { return nil }
      guard let earlier else {
        let records = try reader.records(of: .lessons, in: repository)
        return Update(reader: reader, lessons: records.map { Lesson($0, trusted: trusted) })
      }
      let changed = try reader.changedRecords(since: earlier, of: .lessons, in: repository)
      let records = try changed.compactMap {
        try reader.record(RecordKey(.lessons, $0), in: repository)
      }
      return Update(reader: reader, lessons: records.map { Lesson($0, trusted: trusted) })
    }
    if let update {
      if seen == nil { lessons = [:] }
      seen = update.reader
      for lesson in update.lessons { lessons[lesson.id] = lesson }
    }
    return lessons.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }

  private struct Update: Sendable {
    let reader: StateReader
    let lessons: [Lesson]
  }
}
