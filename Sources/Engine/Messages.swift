internal import GitState
public import JSON
public import Workflow

extension Message {
  /// Reads the form in a task's set of messages.
  init?(text: String) {
    guard let json = try? JSONValue(parsing: text), let id = json["id"]?.string,
      let at = json["at"]?.int, let words = json["text"]?.string
    else { return nil }
    self.init(
      id: id, at: at, sender: json["from"]?.string ?? "", text: words,
      isForWorker: json["to"]?.string == "worker", answers: json["re"]?.string)
  }

  /// The form in a task's set of messages.
  var encoded: String {
    JSONValue.compact([
      "id": .string(id), "at": .number(at), "from": .string(sender), "text": .string(text),
      "to": .string(isForWorker ? "worker" : "orchestrator"),
      "re": answers.map(JSONValue.string),
    ]).canonicalText
  }

  /// The event that records it.
  var event: EventDraft {
    EventDraft(
      kind: "message.sent", author: sender, operations: [.add(Field.messages, encoded)],
      message: text)
  }
}

extension TaskStore {
  /// Records a message; one with the same name is recorded once.
  ///
  /// An answer lets a task that stands still go on. `guarding` looks at the newest view first and may refuse by throwing.
  /// Throws `MessageError`, `TaskError.missing`.
  @discardableResult
  public nonisolated func send(
    _ message: Message, to task: String,
    guarding: @escaping @Sendable (TaskView) throws -> Void = { _ in }
  ) async throws -> TaskView {
    guard message.text.utf8.count <= Message.maximumBytes else {
      throw MessageError.tooLong(bytes: message.text.utf8.count)
    }
    guard message.text.contains(where: { !$0.isWhitespace }) else { throw MessageError.empty }
    guard let key = RecordID(task).map({ RecordKey(.tasks, $0) }) else {
      throw TaskError.missing(task)
    }
    let outcome = try await state.write(
      Decision(reading: [key]) { records in
        guard let record = records[key] else { throw TaskError.missing(task) }
        let view = TaskView(record)
        if view.messages.contains(where: { $0.id == message.id }) { return [] }
        try guarding(view)
        let verb = message.isForWorker ? (message.answers == nil ? "told" : "answered") : "asks"
        let note = CommitNote(
          verb: verb, title: view.title, detail: "by \(message.sender)", body: message.text)
        var changes = [Change(key: key, event: message.event, note: note)]
        if message.answers != nil, view.status == .needsReview || view.status == .blocked {
          var change = PullRequestChange.resumption(of: view, at: message.at)
          change.author = message.sender
          changes.append(try change.change(of: record, key: key))
        }
        return changes
      })
    if let record = outcome.records[key] { return TaskView(record) }
    return try await find(task)
  }
}

extension TaskView {
  /// What is set for a task that is begun anew: earlier attempts count no longer against its limits.
  public var freshStart: [String: JSONValue] {
    [
      "forgiven": .number(attempts.count), "waits": .null, "purpose": .null, "route": .null,
    ]
  }
}

/// Why a message could not be sent.
public enum MessageError: Error, Sendable, Hashable {
  /// It says nothing.
  case empty
  /// It is longer than `Message.maximumBytes`.
  case tooLong(bytes: Int)
  /// The outbox is full.
  case tooMany(limit: Int)
}
