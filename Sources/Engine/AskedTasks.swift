internal import Git2
internal import GitState
public import Workflow

/// Makes tasks of what is asked for in commits and by pushes, each once.
///
/// A task's name is made of the ask's identity, so that every machine which sees the same ask makes the same
/// task, and a join of their histories has it once.
public struct AskedTasks: Sendable {
  /// How often the same words can be asked for anew.
  static let maximumGenerations = 1000

  private let tasks: TaskStore

  /// The tasks of a state.
  public init(_ tasks: TaskStore) { self.tasks = tasks }

  /// Makes the tasks that are not there yet and returns them.
  ///
  /// Words whose task is over ask anew if they were written after its last change; `now` is in milliseconds
  /// since 1970.
  public func record(_ asks: [Ask], now: Int) async throws -> [TaskView] {
    guard !asks.isEmpty else { return [] }
    let wanted = try await tasks.state.read { reader, repository in
      try asks.compactMap { ask in
        try Self.key(of: ask) { try reader.record($0, in: repository) }.map { ($0, ask) }
      }
    }
    guard !wanted.isEmpty else { return [] }
    let host = tasks.state.host
    let outcome = try await tasks.state.write(
      Decision(reading: wanted.map(\.0)) { records in
        var made: Set<RecordKey> = []
        return try wanted.flatMap { key, ask -> [Change] in
          guard records[key] == nil, made.insert(key).inserted else { return [] }
          return try Self.task(of: ask).changes(
            id: key.id, parent: nil, author: Self.author(of: ask), now: now, host: host)
        }
      })
    return wanted.compactMap { outcome.records[$0.0].map { TaskView($0) } }
  }

  /// The name of the task to be made; nil if there is one that answers the ask.
  private static func key(
    of ask: Ask, reading record: (RecordKey) throws -> Record?
  ) throws -> RecordKey? {
    for generation in 1...maximumGenerations {
      let key = RecordKey(.tasks, try id("ask\n\(generation)\n\(ask.identity)"))
      guard let found = try record(key) else { return key }
      guard TaskView(found).status.isTerminal, let askedAt = ask.askedAt,
        askedAt * 1000 > found.updatedAt
      else { return nil }
    }
    return nil
  }

  /// The name that a text stands for: the first digits of its hash as git makes it.
  static func id(_ text: String) throws -> RecordID {
    let hash = try Repository.id(of: Array("orch\n\(text)".utf8), .blob).hex
    guard let id = RecordID(hash.prefix(RecordID.digitCount)) else { throw TaskError.missing(text) }
    return id
  }

  private static func task(of ask: Ask) -> NewTask {
    var task = NewTask(title: ask.title)
    task.body = ask.body
    task.source = ask.source
    return task
  }

  private static func author(of ask: Ask) -> String {
    let name = ask.author.prefix { $0 != "<" }
    let words = Ask.words(name).prefix(100)
    return words.isEmpty ? ask.source.rawValue : String(words)
  }
}
