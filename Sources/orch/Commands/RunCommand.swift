internal import Agents
internal import ArgumentParser
internal import CPlatform
internal import Dashboard
internal import Dispatch
internal import Engine
internal import GitCLI
internal import GitState
internal import JSON
internal import Settings
internal import Workflow

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The command `orch run`.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run the orchestrator in the foreground.",
    discussion: """
      Interrupt it once and it stops cleanly: workers are asked to stop, and what they have is kept. \
      Interrupt it twice and it ends at once; workers go on, and the next 'orch run' takes them over. \
      With '--json' it ends with the document of 'orch status --brief --json'.
      """)

  @Option(help: "How many attempts run at once.") var jobs: Int?
  @Flag(help: "Begin what can be begun now, see it to its end, and stop.") var once = false
  @Flag(help: "Stop when nothing can happen without a person.") var untilIdle = false
  @Flag(help: "Print what would be begun, and begin nothing.") var plan = false
  @Flag(
    help: "Work without asking the remote who has which task: other machines may do the same ones.")
  var offline = false
  @Flag(help: ArgumentHelp("What 'orch start' begins.", visibility: .hidden))
  var background = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("'--jobs' must be 1 or more") }
    if once, untilIdle {
      throw ValidationError("'--once' and '--until-idle' end at different times: choose one")
    }
  }

  func run() async throws {
    let mode: RunMode = once ? .once : untilIdle ? .untilIdle : .forever
    var runner = Runner(mode: mode, global: global)
    runner.jobs = jobs
    runner.isPlanning = plan
    runner.isOffline = offline
    runner.isInBackground = background
    try await runner.run()
  }
}

/// The command `orch task run`.
struct TaskRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run one task, or the most urgent one, until it waits for a person.")

  @Argument(help: "The task's name or its beginning.") var id: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let tasks = try await Session(global).tasks()
    var chosen: TaskView?
    if let id {
      chosen = try await tasks.find(id)
    } else {
      chosen = Planner.order(try await tasks.all()).first { !$0.status.isTerminal }
    }
    guard let chosen else { throw CommandError("there is nothing to run") }
    var runner = Runner(mode: .untilIdle, global: global)
    runner.scope = [chosen.id]
    try await runner.run()
  }
}

/// The command `orch task next`.
struct TaskNextCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "next", abstract: "Show what 'orch run' would begin first.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tasks = try await session.tasks()
    let orchestrator = try Orchestrator(
      options: try Composition.options(session), tasks: tasks, report: { _ in })
    let plan = try await orchestrator.plan()
    guard let effect = plan.effects.first else {
      if global.json { return Output.print(.null) }
      return Output.say("nothing can be begun now")
    }
    let task = try await tasks.find(effect.task)
    if global.json { return Output.print(TaskOutput.json(task)) }
    Output.print("\(task.id.prefix(6)) \(effect.words): \(task.title)")
  }
}

/// The command `orch task route`.
struct TaskRouteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "route", abstract: "Choose the agent of a new task now.")

  @Argument(help: "The task's name or its beginning; without it, every new task.") var id: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("choose agents")
    let tasks = try await session.tasks()
    var wanted = try await tasks.all().values.filter { $0.status == .new }.map(\.id).sorted()
    if let id { wanted = [try await tasks.find(id).id] }
    let options = try Composition.options(session)
    for task in wanted {
      try await RoutingStep.route(task, options: options, tasks: tasks)
      let view = try await tasks.find(task)
      if global.json {
        Output.print(TaskOutput.json(view))
      } else {
        let route = view.route
        Output.print("\(view.id.prefix(6)) → \(route?.executor ?? "?"): \(route?.reason ?? "")")
      }
    }
  }
}

/// The command `orch task prompt`.
struct TaskPromptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prompt", abstract: "Show exactly what a task's next attempt would be given.")

  @Argument(help: "The task's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tasks = try await session.tasks()
    let task = try await tasks.find(id)
    let prompt = try await PromptPreview.prompt(
      task.id, options: try Composition.options(session), tasks: tasks)
    if global.json {
      return Output.print([
        "text": .string(prompt.text),
        "parts": .array(
          prompt.parts.map {
            ["name": .string($0.name), "bytes": .number($0.bytes), "cut": .bool($0.isCut)]
          }),
      ])
    }
    Output.print(prompt.text)
    guard !global.quiet else { return }
    Output.say("--- \(prompt.text.utf8.count) bytes")
    Output.say(
      TextTable.lines(
        prompt.parts.map { ["  \($0.name)", String($0.bytes), $0.isCut ? "cut" : ""] }))
  }
}

/// The pipe on which commands and supervisors wake the orchestrator.
final class BellReader {
  private let source: any DispatchSourceRead
  private let descriptor: Int32

  /// Makes the pipe and calls `rung` for each ring; nil where pipes cannot be made.
  init?(path: String, rung: @escaping @Sendable (Bell.Sound) -> Void) {
    if mkfifo(path, 0o600) != 0, errno != EEXIST { return nil }
    // Opened for both ends, so that it never reads as closed when a writer leaves.
    let descriptor = orch_open(path, O_RDWR | O_NONBLOCK, 0)
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
    source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
    source.setEventHandler {
      var bytes = [UInt8](repeating: 0, count: 256)
      var heard: Set<UInt8> = []
      while case let count = read(descriptor, &bytes, bytes.count), count > 0 {
        heard.formUnion(bytes[..<count])
      }
      rung(Bell.Sound.loudest(heard))
    }
    source.resume()
  }

  /// Stops listening.
  func close() { source.cancel() }
}
