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

  /// What the worker asked and nobody has answered, oldest first.
  public var openQuestions: [Message] {
    let answered = Set(messages.compactMap(\.answers))
    return messages.filter { !$0.isForWorker && !answered.contains($0.id) }
  }
}
