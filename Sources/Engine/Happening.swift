public import GitState

/// Something that was recorded of a task, in the diary's words.
public struct Happening: Sendable, Hashable {
  /// The task's full name.
  public var task: String
  /// The event's name, as it is stored.
  public var kind: String
  /// What happened, in a word or two.
  public var verb: String
  /// The task's title.
  public var title: String
  /// A short remark: "attempt 2, 14m, 1 commit".
  public var detail: String?
  /// Why, in words.
  public var reason: String?

  /// All parts.
  public init(
    task: String, kind: String, verb: String, title: String, detail: String? = nil,
    reason: String? = nil
  ) {
    self.task = task
    self.kind = kind
    self.verb = verb
    self.title = title
    self.detail = detail
    self.reason = reason
  }

  /// What a change of the state says to people; nil for progress, and for what is not about a task.
  public init?(_ change: Change) {
    guard change.key.collection == .tasks, let note = change.note else { return nil }
    self.init(
      task: change.key.id.text, kind: change.event.kind, verb: note.verb, title: note.title,
      detail: note.detail, reason: note.body)
  }
}
