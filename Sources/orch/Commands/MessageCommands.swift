internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import GitState
internal import JSON
internal import Workflow

/// `orch msg …`: what is said to workers and by them.
struct MessageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "msg", abstract: "Talk with the workers of tasks, also while they run.",
    subcommands: [MessageSendCommand.self, MessageListCommand.self, MessageAnswerCommand.self])
}

/// Sends a message and says so.
private func send(_ message: Message, to task: TaskView, _ session: Session, _ tasks: TaskStore)
  async throws
{
  let view = try await tasks.send(message, to: task.id) { view in
    guard let question = message.answers,
      let earlier = view.messages.first(where: { $0.answers == question })
    else { return }
    throw CommandError(
      "that question is answered already",
      causes: ["\(earlier.sender) said: \(TaskText.firstLine(earlier.text))"],
      hints: ["to say something else: orch msg send \(view.id.prefix(6)) \"…\""])
  }
  session.ring()
  if session.options.json {
    Output.print(MessageText.json(message, of: task))
  } else if !session.options.quiet {
    let said = message.answers == nil ? "told" : "answered"
    Output.print("\(task.id.prefix(6)) \(said), \(MessageText.arrival(in: view)): \(task.title)")
    if message.answers == nil, view.status == .needsReview || view.status == .blocked {
      Output.say(
        "hint: the task stands still; 'orch task unblock \(task.id.prefix(6))' begins it anew")
    }
  }
}

/// The command `orch msg send`.
struct MessageSendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Tell a task's worker something: at once if it runs, else with its next prompt.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @Argument(help: "What to say; '-' is standard input.") var text: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tasks = try await session.openTasks()
    let task = try await tasks.find(id)
    try await send(
      MessageText.new(try TextFile.argument(text), session), to: task, session, tasks)
  }
}

/// The command `orch msg list`.
struct MessageListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show what was said, oldest first.")

  @Argument(help: "Only of one task.") var id: String?
  @Flag(
    name: .customLong("new"),
    help: "Only questions that nobody has answered, most urgent task first; bounded, for agents.")
  var onlyOpen = false
  @Option(
    help: ArgumentHelp("With --new: only those asked after a cursor.", valueName: "cursor"))
  var since: String?
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard since == nil || onlyOpen else {
      throw ValidationError("--since goes with --new: add it")
    }
  }

  func run() async throws {
    let session = try Session(global, configured: false)
    let store = try await session.openTasks()
    let tasks: [TaskView]
    if let id {
      tasks = [try await store.find(id)]
    } else {
      let talking = try await store.all().filter { !$0.value.messages.isEmpty }
      tasks =
        onlyOpen
        ? Planner.order(talking)
        : talking.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }
    let known = try await knownMessages(session)
    let rows = tasks.flatMap { task -> [(TaskView, Int, Message)] in
      let open = Set(task.openQuestions.map(\.id))
      return task.messages.enumerated().map { (task, $0.offset + 1, $0.element) }
        .filter { !onlyOpen || (open.contains($0.2.id) && !known.contains(task.id + $0.2.id)) }
    }
    if global.json {
      return Output.print(.array(rows.map { MessageText.json($0.2, of: $0.0, number: $0.1) }))
    }
    if onlyOpen { return try printNew(rows, session) }
    if rows.isEmpty, !global.quiet {
      return Output.say("nobody has said anything: orch msg send TASK \"…\"")
    }
    for (task, number, message) in rows {
      let direction =
        message.isForWorker ? "to worker" : message.isFromOrch ? "question" : "from worker"
      Output.print(
        "\(task.id.prefix(6)) \(number)  \(Timestamp.text(message.at))  \(direction), "
          + "\(message.sender):")
      Output.print(MessageText.indented(message.text))
    }
  }

  private func printNew(_ rows: [(TaskView, Int, Message)], _ session: Session) throws {
    let cursor = StateMoment.cursor(try News.tip(of: session))
    let questions = rows.map { (task: $0.0.id, number: $0.1, message: $0.2) }
    Output.print(
      BriefText.messages(questions).map { $0 + "\n" + BriefText.cursorLine(cursor) }
        ?? BriefText.nothingNew(cursor))
  }

  /// The messages that were there at the cursor, by task and name.
  private func knownMessages(_ session: Session) async throws -> Set<String> {
    guard let since, let old = try await StateMoment.commit(since, in: session) else { return [] }
    let changed = try News.views(from: old, to: News.tip(of: session), in: session)
    let moved = Set(changed.map(\.now.id))
    // What did not change was known; of what changed, the messages of then.
    let tasks = try await session.openTasks().all().values.filter { !moved.contains($0.id) }
    let before = tasks + changed.compactMap(\.before)
    return Set(before.flatMap { task in task.messages.map { task.id + $0.id } })
  }
}

/// The command `orch msg answer`.
struct MessageAnswerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "answer",
    abstract: "Answer a question of a worker or of orch; a task that stands still for it goes on.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @Argument(help: "The question's number in 'orch msg list'.") var number: Int
  @Argument(help: "The answer; '-' is standard input.") var text: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("answer a question")
    let tasks = try await session.openTasks()
    let task = try await tasks.find(id)
    let list = "orch msg list \(task.id.prefix(6))"
    guard task.messages.indices.contains(number - 1) else {
      throw CommandError(
        "task '\(task.id.prefix(6))' has no message \(number)", hints: ["run '\(list)'"])
    }
    let question = task.messages[number - 1]
    guard !question.isForWorker else {
      throw CommandError(
        "message \(number) was said to the worker and asks nothing", hints: ["run '\(list)'"])
    }
    var message = MessageText.new(try TextFile.argument(text), session)
    message.answers = question.id
    try await send(message, to: task, session, tasks)
  }
}

/// Messages as people and scripts read them.
enum MessageText {
  /// A new message to a worker, from whoever is asking.
  static func new(_ text: String, _ session: Session) -> Message {
    var random = SystemRandomNumberGenerator()
    return Message(
      id: "m-\(RecordID.random(using: &random).text)", at: Session.clock(),
      sender: session.author, text: text, isForWorker: true)
  }

  /// The object of the listing.
  static func json(_ message: Message, of task: TaskView, number: Int? = nil) -> JSONValue {
    JSONValue.compact([
      "task": .string(task.id), "number": number.map(JSONValue.number),
      "id": .string(message.id), "at": .string(Timestamp.text(message.at)),
      "from": .string(message.sender),
      "to": .string(message.isForWorker ? "worker" : "orchestrator"),
      "text": .string(message.text), "answers": message.answers.map(JSONValue.string),
      "is_open": message.isForWorker
        ? nil : .bool(task.openQuestions.contains { $0.id == message.id }),
    ])
  }

  /// When a message that was just stored reaches a worker.
  static func arrival(in task: TaskView) -> String {
    switch task.status {
    case .inProgress: "its worker hears it at once"
    case .done, .cancelled: "but it is over and nobody is at work"
    case .new, .routed, .blocked, .needsReview, .inReview: "heard with its next prompt"
    }
  }

  /// A text under its heading.
  static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }
      .joined(separator: "\n")
  }
}
