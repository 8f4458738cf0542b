internal import Agents
internal import ArgumentParser
internal import Engine
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The worktree that a worker's command was called in.
private struct WorkerPlace {
  let folder: MessageFolder
  let task: String

  init() throws {
    guard let path = Environment.value("ORCH_STATE_DIR"), let id = Environment.value("ORCH_TASK_ID")
    else {
      throw CommandError(
        "this command is for a worker in its worktree",
        causes: ["ORCH_STATE_DIR and ORCH_TASK_ID are not set"],
        hints: ["talk to a worker from outside with 'orch msg'"])
    }
    folder = MessageFolder(path: path)
    task = id
  }

  /// Wakes the orchestrator, whose pipe lies beside the run directory.
  func ring() {
    guard let run = Environment.value(ClockHold.runDirectoryVariable) else { return }
    Bell.ring(run + "/../../../bell")
  }
}

/// The command `orch ask`.
struct AskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "For a worker: ask a question, and with --wait print the answer.")

  /// How often the inbox is looked at, in milliseconds.
  static let lookMilliseconds = 200

  @Argument(help: "The question; '-' is standard input.") var text: String
  @Flag(help: "Wait for the answer; the time is not charged to the attempt.") var wait = false
  @Option(help: "How long to wait at most, in seconds.") var timeout = 600

  func run() async throws {
    let place = try WorkerPlace()
    let number = try place.folder.put(try TextFile.argument(text))
    place.ring()
    guard wait else { return Output.print("question \(number) is on its way") }
    let hold = Environment.value(ClockHold.runDirectoryVariable).flatMap {
      ClockHold(runDirectory: $0)
    }
    place.folder.noteAsking(number)
    defer { place.folder.noteAsking(number, isWaiting: false) }
    let end = Session.clock() + timeout * 1000
    while Session.clock() < end {
      if let answer = place.folder.answer(to: number) {
        _ = consume hold
        return Output.write(answer, to: 1)
      }
      try await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
    }
    throw CommandError(
      "nobody has answered question \(number) within \(timeout) seconds",
      hints: [
        "write your position with 'orch checkpoint', then end with the status 'needs_review'",
        "you are started again with the answer",
      ], code: .busy)
  }
}

/// The command `orch checkpoint`.
struct CheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "For a worker: say where it stands, so that another can go on from there.")

  @Argument(help: "Position, what is done, the next step; '-' is standard input.")
  var text = "-"

  func run() throws {
    let place = try WorkerPlace()
    let words = try TextFile.argument(text)
    guard words.contains(where: { !$0.isWhitespace }) else {
      throw CommandError("the checkpoint is empty")
    }
    try place.folder.saveCheckpoint(words)
    place.ring()
  }
}

/// The command `orch report`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "For a worker: hand in the result document.")

  @Argument(help: "A JSON file as 'output-schema.json' describes; '-' is standard input.")
  var file: String

  func run() throws {
    let place = try WorkerPlace()
    let text = try TextFile.read(file)
    let json: JSONValue
    do { json = try JSONValue(parsing: text) } catch {
      throw CommandError("the result is not JSON", causes: ["\(error)"])
    }
    guard ResultDocument(json: json) != nil else {
      throw CommandError(
        "the result has no status that orch knows",
        hints: ["\"status\" is one of done, in_progress, blocked, needs_review"])
    }
    try place.folder.saveResult(text, task: place.task)
    place.ring()
  }
}
