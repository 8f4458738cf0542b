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
      Interrupt it twice and it ends at once; workers go on, and the next 'orch run' takes them over.
      """)

  @Option(help: "How many attempts run at once.") var jobs: Int?
  @Flag(help: "Begin what can be begun now, see it to its end, and stop.") var once = false
  @Flag(help: "Stop when nothing can happen without a person.") var untilIdle = false
  @Flag(help: "Print what would be begun, and begin nothing.") var plan = false
  @Flag(
    help: "Work without asking the remote who has which task: other machines may do the same ones.")
  var offline = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("'--jobs' must be 1 or more") }
    if once, untilIdle {
      throw ValidationError("'--once' and '--until-idle' end at different times: choose one")
    }
  }

  func run() async throws {
    let mode: RunMode = once ? .once : untilIdle ? .untilIdle : .forever
    try await Runner.run(
      mode, jobs: jobs, scope: nil, planning: plan, offline: offline, global)
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
    try await Runner.run(.untilIdle, jobs: nil, scope: [chosen.id], planning: false, global)
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

/// The orchestrator with its lock, its bell, its signals and its reports.
enum Runner {
  /// Runs until the mode says that it is over; throws `EngineError.alreadyRunning`.
  static func run(
    _ mode: RunMode, jobs: Int?, scope: Set<String>?, planning: Bool, offline: Bool = false,
    _ global: GlobalOptions
  ) async throws {
    for _ in 0..<maximumNames {
      do {
        return try await runOnce(
          mode, jobs: jobs, scope: scope, planning: planning, offline: offline, global)
      } catch EngineError.renamed(let name) {
        Output.say(
          "another machine writes under this one's name: this one is '\(name)' from now on")
      }
    }
    throw CommandError(
      "this machine had \(maximumNames) names in one run, and another one wrote under each",
      hints: ["orch hosts shows who writes; is one folder on two machines?"])
  }

  /// How often a machine finds that another one has its name, in one run.
  private static let maximumNames = 5

  private static func runOnce(
    _ mode: RunMode, jobs: Int?, scope: Set<String>?, planning: Bool, offline: Bool,
    _ global: GlobalOptions
  ) async throws {
    let session = try Session(global)
    if !planning { try session.refuseWorkers("run tasks") }
    try session.refuseBrokenPath()
    let lines = RunLines(isQuiet: global.quiet)
    let tasks = try await session.openTasks(creating: true) { lines.show(.recorded($0)) }
    var options = try Composition.options(session)
    guard try await session.git.remotes().contains(options.remote) else {
      throw EngineError.noRemote(options.remote)
    }
    guard access(session.commonDirectory + "/shallow", F_OK) != 0 else {
      throw CommandError(
        "this clone is shallow",
        causes: ["branches cannot be compared with commits that are not here"],
        hints: ["git fetch --unshallow"])
    }
    if let jobs { options.jobs = max(1, jobs) }
    options.sharing = try await Sharing.options(session, offline: offline)
    let watch = ConfigurationWatch(session, jobs: jobs)
    let orchestrator = try Orchestrator(
      options: options, tasks: tasks, reload: { watch.changed() }, report: { lines.show($0) })
    if planning {
      let titles = try await tasks.all().mapValues(\.title)
      return try await printPlan(orchestrator, scope, titles, global)
    }
    let folder = tasks.state.folder
    guard let lock = try FileLock(tryingPath: folder.runLock) else {
      let holder = (try? TextFile.read(folder.runLock)) ?? "another process"
      throw EngineError.alreadyRunning(holder: holder)
    }
    lock.describeHolder(
      "orch run, process \(getpid()) on \(tasks.state.host), since \(Timestamp.text(Session.clock()))"
    )
    let bell = BellReader(path: folder.path + "/bell") { sound in
      if sound == .look { Task { await orchestrator.lookAgain() } } else { orchestrator.ring() }
    }
    let signals = StopSignals { count in
      if count > 1 { exit(Report.Code.interrupted.rawValue) }
      Output.say("stopping: workers are asked to stop; interrupt again to leave them running")
      Task { await orchestrator.stop() }
    }
    try await orchestrator.run(mode, scope: scope)
    lines.finish()
    bell?.close()
    lock.release()
    if signals.wasStopped { throw CommandError("interrupted", code: .interrupted) }
    if mode == .untilIdle, !global.quiet {
      Output.say(
        StatusText.text(TaskFront(try await tasks.all().values), brief: true, now: Session.clock()))
    }
  }

  private static func printPlan(
    _ orchestrator: Orchestrator, _ scope: Set<String>?, _ titles: [String: String],
    _ global: GlobalOptions
  ) async throws {
    let plan = try await orchestrator.plan(scope: scope)
    if global.json {
      return Output.print([
        "effects": .array(
          plan.effects.map {
            [
              "task": .string($0.task), "step": .string($0.step),
              "title": .string(titles[$0.task] ?? ""),
            ]
          }),
        "waiting": .object(plan.waiting.mapValues { .string($0.sentence) }),
      ])
    }
    guard !plan.effects.isEmpty || !plan.waiting.isEmpty else {
      return Output.say("nothing is to be done")
    }
    let waiting = plan.waiting.sorted { $0.key < $1.key }.map {
      ($0.key, BriefText.cut($0.value.sentence, BriefText.questionBytes))
    }
    let rows = plan.effects.map { ($0.task, $0.words) } + waiting
    Output.print(
      TextTable.lines(
        rows.map { [String($0.0.prefix(6)), BriefText.cut(titles[$0.0] ?? "", 48), $0.1] }))
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
      var sound = Bell.Sound.change
      while case let count = read(descriptor, &bytes, bytes.count), count > 0 {
        if bytes[..<count].contains(Bell.Sound.look.rawValue) { sound = .look }
      }
      rung(sound)
    }
    source.resume()
  }

  /// Stops listening.
  func close() { source.cancel() }
}
