/// Something said to a task's worker, or by it.
public struct Message: Sendable, Hashable {
  /// The longest text, in bytes: an event's line is bounded.
  public static let maximumBytes = 8 * 1024

  /// Unique in its task.
  public var id: String
  /// When it was said, in milliseconds since 1970.
  public var at: Int
  /// Who said it.
  public var sender: String
  /// What was said.
  public var text: String
  /// True for the worker's inbox, false for what the worker said.
  public var isForWorker: Bool
  /// The message that it answers.
  public var answers: String?

  /// All parts.
  public init(
    id: String, at: Int, sender: String, text: String, isForWorker: Bool, answers: String? = nil
  ) {
    self.id = id
    self.at = at
    self.sender = sender
    self.text = text
    self.isForWorker = isForWorker
    self.answers = answers
  }

  /// The sender of what orch itself asks a person.
  public static let orchSender = "orch"
  /// True for a question of orch's own: why a task stands still, and what is to be done about it.
  public var isFromOrch: Bool { !isForWorker && sender == Self.orchSender }

  /// How a worker is named as the sender, before the beginning of its task's name.
  public static let workerPrefix = "task "
  /// True if a worker said it: it informs another worker, and may not change its task.
  public var isFromWorker: Bool { sender.hasPrefix(Self.workerPrefix) }
}

extension TaskView {
  /// What no attempt that came to a good end has been given yet, oldest first.
  public var unreadMessages: [Message] {
    messages.filter { $0.isForWorker && !readMessages.contains($0.id) }
  }

  /// What was asked and nobody has answered, oldest first.
  ///
  /// Of what orch itself asked, only the newest is open, and only while the task stands still: whatever else lets
  /// it go on has settled that. Where a task is over nobody waits for an answer.
  public var openQuestions: [Message] {
    if status.isTerminal { return [] }
    let answered = Set(messages.compactMap(\.answers))
    let newest = messages.last(where: \.isFromOrch)?.id
    return messages.filter { message in
      guard !message.isForWorker, !answered.contains(message.id) else { return false }
      return !message.isFromOrch || (standsStill && message.id == newest)
    }
  }

  /// True if it waits for a person and for nothing else.
  public var standsStill: Bool {
    status == .needsReview || (status == .blocked && !waitsForChildren)
  }
}
