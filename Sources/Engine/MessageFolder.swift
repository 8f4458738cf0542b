internal import Folders
internal import Workflow

/// The inbox, the outbox and the checkpoint in a worktree's protocol folder.
public struct MessageFolder: Sendable {
  /// The most files of a folder that are looked at.
  static let maximumFiles = 200
  /// The longest checkpoint that is recorded, in bytes.
  static let maximumCheckpointBytes = 6000

  /// The beginning of the names of files that stand for questions on whose answers a worker waits.
  static let askingPrefix = "asking-"

  let path: String

  /// The folder `.orchestrator` of a worktree.
  public init(path: String) { self.path = path }

  /// The checkpoint's text; nil if there is none.
  var checkpoint: String? {
    guard let text = ProtocolFolder(path: path).read("checkpoint.md"),
      text.contains(where: { !$0.isWhitespace })
    else { return nil }
    return TextBound.prefix(text, bytes: Self.maximumCheckpointBytes)
  }

  /// Writes messages that are not there yet to the inbox, under the next free numbers.
  ///
  /// Numbers of questions begin anew with each attempt: an answer names only a question of the attempt with
  /// this token, so that nobody takes one for an earlier question for the answer to a new one.
  func deliver(_ messages: [Message], of task: TaskView, token: Int) {
    guard !messages.isEmpty else { return }
    let inbox = ProtocolFolder(path: path + "/inbox")
    var number = 1
    var present: Set<String> = []
    while number <= Self.maximumFiles, let text = inbox.read(Self.name(number)) {
      if let id = Self.header("Id", in: text) { present.insert(id) }
      number += 1
    }
    for message in messages where !present.contains(message.id) && number <= Self.maximumFiles {
      let question = message.answers.flatMap { name in
        name.hasPrefix("\(token)-") ? name.split(separator: "-").last : nil
      }
      let header =
        "Id: \(message.id)\nFrom: \(message.sender)\nDate: \(Timestamp.text(message.at))\n"
        + (question.map { "Answers: \($0)\n" } ?? "")
      guard (try? inbox.add(Self.name(number), header + "\n\(message.text)\n")) != nil else {
        return
      }
      number += 1
    }
  }

  /// The names of the messages in the inbox.
  var delivered: [String] {
    let inbox = ProtocolFolder(path: path + "/inbox")
    return (1...Self.maximumFiles).lazy.map { inbox.read(Self.name($0)) }
      .prefix { $0 != nil }.compactMap { $0.flatMap { Self.header("Id", in: $0) } }
  }

  /// What the worker has put into the outbox.
  func sent(token: Int, now: Int) -> [Message] {
    let outbox = ProtocolFolder(path: path + "/outbox")
    var messages: [Message] = []
    for number in 1...Self.maximumFiles {
      guard let text = outbox.read(Self.name(number)) else { break }
      guard text.contains(where: { !$0.isWhitespace }) else { continue }
      messages.append(
        Message(
          id: "\(token)-\(Self.digits(number))", at: now, sender: "worker",
          text: TextBound.prefix(text, bytes: Message.maximumBytes), isForWorker: false))
    }
    return messages
  }

  /// How many files of the outbox are no messages of the worker: beyond the bound, behind a gap, or of other names.
  var leftBehind: Int {
    let outbox = ProtocolFolder(path: path + "/outbox")
    let taken = (1...Self.maximumFiles).lazy.map(Self.name).prefix { outbox.read($0) != nil }
    let names = Folder.names(in: outbox.path).filter { !$0.hasSuffix(".new") }
    return names.count - Set(names).intersection(taken).count
  }

  /// Puts a message into the outbox and returns its number; throws `AgentError.file`, `MessageError`.
  public func put(_ text: String) throws -> Int {
    guard text.contains(where: { !$0.isWhitespace }) else { throw MessageError.empty }
    guard text.utf8.count <= Message.maximumBytes else {
      throw MessageError.tooLong(bytes: text.utf8.count)
    }
    let outbox = ProtocolFolder(path: path + "/outbox")
    let number = (1...Self.maximumFiles).first { outbox.read(Self.name($0)) == nil }
    guard let number else { throw MessageError.tooMany(limit: Self.maximumFiles) }
    try outbox.add(Self.name(number), text)
    return number
  }

  /// The answer to a message of the outbox; nil while there is none.
  public func answer(to number: Int) -> String? {
    let inbox = ProtocolFolder(path: path + "/inbox")
    for index in 1...Self.maximumFiles {
      guard let text = inbox.read(Self.name(index)) else { return nil }
      guard Self.header("Answers", in: text) == Self.digits(number) else { continue }
      return Self.withoutHeader(text)
    }
    return nil
  }

  /// Notes that a command of the worker waits for the answer to a question, or that it does no longer.
  ///
  /// Several may wait at once: each has a file of its own.
  public func noteAsking(_ number: Int, isWaiting: Bool = true) {
    let name = Self.askingPrefix + Self.digits(number)
    let folder = ProtocolFolder(path: path)
    if isWaiting { try? folder.add(name, "waits\n") } else { folder.remove(name) }
  }

  /// The ends of the names of the questions on whose answers the worker waits.
  var asking: [String] {
    let folder = ProtocolFolder(path: path)
    let outbox = ProtocolFolder(path: path + "/outbox")
    return (1...Self.maximumFiles).prefix { outbox.has(Self.name($0)) }.map(Self.digits)
      .filter { folder.has(Self.askingPrefix + $0) }
  }

  /// Overwrites the checkpoint; throws `AgentError.file`.
  public func saveCheckpoint(_ text: String) throws {
    try ProtocolFolder(path: path).add("checkpoint.md", text)
  }

  /// Writes the result document of a task; throws `AgentError.file`.
  public func saveResult(_ text: String, task: String) throws {
    try ProtocolFolder(path: path).add("output-\(task).json", text)
  }

  /// `0001.md` and so on.
  static func name(_ number: Int) -> String { digits(number) + ".md" }

  /// A number as names have it.
  static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 4 - text.count)) + text
  }

  private static func withoutHeader(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.drop { !$0.isEmpty }.dropFirst().joined(separator: "\n")
  }

  private static func header(_ name: String, in text: String) -> String? {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty { return nil }
      if line.hasPrefix(name + ": ") { return String(line.dropFirst(name.count + 2)) }
    }
    return nil
  }
}
