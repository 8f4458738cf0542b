internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow

/// `orch lesson …`: what later workers are told.
struct LessonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lesson", abstract: "Keep what was learned, and tell it to later workers.",
    subcommands: [
      LessonAddCommand.self, LessonListCommand.self, LessonShowCommand.self,
      LessonApproveCommand.self, LessonRetireCommand.self,
    ])
}

/// Reads a scope, or says what scopes there are.
private func scope(_ text: String) throws -> LessonScope {
  guard let scope = LessonScope(text) else {
    throw ValidationError(
      "'\(text)' is not a scope: it is repository, label:NAME, kind:NAME, agent:NAME, path:PREFIX or "
        + "error:CLASS")
  }
  return scope
}

/// Records a lesson and prints it.
private func learn(
  _ text: String, _ scope: LessonScope, task: String?, _ session: Session, _ tasks: TaskStore
) async throws {
  let worker = session.worker
  let store = LessonStore(tasks, session)
  let match = LessonMatch.find(text, scope, among: try await store.all())
  let lesson = try await store.add(
    text, scope: scope, author: session.author, task: task ?? worker?.task,
    origin: worker == nil ? .person : .worker)
  session.ring()
  if session.options.json { return Output.print(LessonText.json(lesson)) }
  Output.print(session.options.quiet ? lesson.id : LessonText.row(lesson).joined(separator: "  "))
  if case .contradicts(let other) = match, !session.options.quiet {
    Output.say(
      "it says the opposite of \(other.id.prefix(6)): \(other.text)\n"
        + "hint: tell workers one of them: orch lesson retire \(other.id.prefix(6))")
  }
  if case .elsewhere(let other) = match, !session.options.quiet {
    Output.say(
      "\(other.id.prefix(6)) says the same for \(other.scope.text)\n"
        + "hint: if one is enough: orch lesson retire \(other.id.prefix(6))")
  }
  if let reason = lesson.waitsBecause, !session.options.quiet {
    Output.say("nobody is told before a person approves it: \(reason)")
  }
}

/// The command `orch lesson add`.
struct LessonAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a lesson; it is told to every worker that it applies to.")

  @Argument(help: "What to tell them; '-' is standard input.") var text: String
  @Option(help: "repository, label:NAME, kind:NAME, agent:NAME, path:PREFIX or error:CLASS.")
  var scope = "repository"
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let place = try orch.scope(scope)
    try await learn(
      try TextFile.argument(text), place, task: nil, session, try await session.tasks())
  }
}

/// The command `orch correct`.
struct CorrectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "correct",
    abstract: "Tell a task's worker what it did wrong, and keep that as a lesson.",
    discussion: """
      With --seat it is the orchestrator that did wrong: a change of '.orch/seat.md' is printed, which adds to
      what 'orch skill' says. 'orch correct ID TEXT --seat --apply' makes it in this worktree, for you to commit.
      """)

  @Argument(help: "The task's name or its beginning.") var id: String
  @Argument(help: "What should have been done; '-' is standard input.") var text: String
  @Option(help: "Where the lesson applies: as for 'orch lesson add'.") var scope = "repository"
  @Flag(help: "The correction is for whoever orchestrates, not for workers.") var seat = false
  @Flag(help: "With --seat: make the change instead of printing it.") var apply = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard seat || !apply else {
      throw ValidationError("--apply makes a change of the seat's text: add --seat")
    }
  }

  func run() async throws {
    let session = try Session(global)
    let place = try orch.scope(scope)
    let tasks = try await session.openTasks()
    let task = try await tasks.find(id)
    let words = try TextFile.argument(text)
    if seat { return try await correctSeat(words, task, session, tasks) }
    try await tasks.send(MessageText.new(words, session), to: task.id)
    try await learn(words, place, task: task.id, session, tasks)
  }
}

extension CorrectCommand {
  /// Prints the change of the repository's skill that a person may accept, and keeps the remark with the task.
  private func correctSeat(
    _ words: String, _ task: TaskView, _ session: Session, _ tasks: TaskStore
  ) async throws {
    let line = words.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard !line.isEmpty else { throw LessonError.empty }
    guard line.utf8.count <= LessonStore.maximumBytes else {
      throw LessonError.tooLong(bytes: line.utf8.count)
    }
    let remark = "\(line) (\(task.id.prefix(6)))"
    guard let top = try Repository(at: global.folder).workDirectory else {
      throw CommandError(
        "a bare repository has no files to change", hints: ["correct it in a worktree"])
    }
    let folder = top.hasSuffix("/") ? String(top.dropLast()) : top
    let correction = try SeatCorrection(remark, in: folder)
    guard !correction.isSaid else {
      if global.json { return Output.print(["changed": .null]) }
      return Output.say("'\(SeatText.additions)' says so already")
    }
    if apply {
      try session.refuseWorkers("correct the seat")
      let path = try correction.apply()
      if global.json { return Output.print(["changed": .string(path)]) }
      if !global.quiet { Output.print("changed \(path): commit it") }
      return
    }
    if global.json { return Output.print(["patch": .string(correction.patch + "\n")]) }
    // Byte by byte: what shows control characters would break the patch of a file with CRLF.
    Output.write(correction.patch + "\n", to: 1)
    if !global.quiet { Output.say("to accept it: the same command with --apply") }
  }
}

/// The command `orch lesson approve`.
struct LessonApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve",
    abstract: "Let a lesson be told that waits for a person.",
    discussion: """
      What orch found in tasks that came from issues, from outside or from machines that are not in 'sync.trusted_hosts', and
      in what such tasks were divided into; what workers add themselves; and what says the opposite of another lesson, or
      what was retired: nobody is told it before.
      """)

  @Argument(help: "The lesson's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("approve a lesson")
    let store = LessonStore(try await session.openTasks(), session)
    let found = try await store.find(id)
    guard found.waitsBecause != nil else {
      throw CommandError(
        "lesson '\(found.id.prefix(6))' does not wait for approval",
        causes: found.retiredBecause.map { ["it is retired: \($0)"] } ?? ["it is in force"])
    }
    let lesson = try await store.approve(found.id, author: session.author)
    session.ring()
    if global.json { return Output.print(LessonText.json(lesson)) }
    if !global.quiet { Output.print("\(lesson.id.prefix(6)) approved: \(lesson.text)") }
  }
}

/// The command `orch lesson retire`.
struct LessonRetireCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retire", abstract: "Tell a lesson to nobody any more; it stays in the history.")

  @Argument(help: "The lesson's name or its beginning.") var id: String
  @Option(help: "Why.") var why = "retired by hand"
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("retire a lesson")
    let store = LessonStore(try await session.openTasks(), session)
    let lesson = try await store.find(id)
    try await store.retire(
      lesson.id, because: why, author: session.author,
      reverting: try await LessonHistory.origin(of: lesson, session.git))
    session.ring()
    if !global.quiet { Output.print("\(lesson.id.prefix(6)) retired: \(lesson.text)") }
  }
}
