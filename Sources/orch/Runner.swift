internal import Agents
internal import Dashboard
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Settings
internal import Synchronization
internal import Workflow

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The orchestrator with its lock, its bell, its signals and its reports.
struct Runner: Sendable {
  /// How long it goes on.
  let mode: RunMode
  /// The flags of the command.
  let global: GlobalOptions
  /// How many attempts run at once; nil is what the configuration says.
  var jobs: Int?
  /// The tasks that it is limited to.
  var scope: Set<String>?
  /// True to print what would be begun, and begin nothing.
  var isPlanning = false
  /// True to work without asking the remote.
  var isOffline = false
  /// True for one that has no terminal and writes a log.
  var isInBackground = false

  /// How often a machine finds that another one has its name, in one run.
  private static let maximumNames = 5
  /// How often the lock is tried: whoever looks at it holds it for an instant.
  private static let lockTries = 20
  /// The pause between two tries, in milliseconds.
  private static let lockPauseMilliseconds = 10

  init(mode: RunMode, global: GlobalOptions) {
    self.mode = mode
    self.global = global
  }

  /// Runs until the mode says that it is over; throws `EngineError.alreadyRunning`.
  func run() async throws {
    for _ in 0..<Self.maximumNames {
      do {
        return try await runOnce()
      } catch EngineError.renamed(let name) {
        Output.say(
          "another machine writes under this one's name: this one is '\(name)' from now on")
      }
    }
    throw CommandError(
      "this machine had \(Self.maximumNames) names in one run, and another one wrote under each",
      hints: ["orch hosts shows who writes; is one folder on two machines?"])
  }

  private func runOnce() async throws {
    let session = try Session(global)
    if !isPlanning { try session.refuseWorkers("run tasks") }
    try session.refuseBrokenPath()
    let lines = RunLines(
      isQuiet: global.quiet, log: isInBackground ? RunLog(session.commonDirectory) : nil)
    let tasks = try await session.openTasks(creating: true) { lines.show(.recorded($0)) }
    let options = try await options(session)
    let watch = ConfigurationWatch(session, jobs: jobs)
    let orchestrator = try Orchestrator(
      options: options, tasks: tasks, reload: { watch.changed() }, report: { lines.show($0) })
    if isPlanning { return try await printPlan(orchestrator, tasks) }
    let lock = try await takeLock(tasks.state.folder.runLock)
    lock.describeHolder(holder(session, tasks.state.host).text)
    let ending = EndingNotice()
    let bell = BellReader(path: tasks.state.folder.path + "/bell") { sound in
      switch sound {
      case .change: orchestrator.ring()
      case .look: Task { await orchestrator.lookAgain() }
      case .news: Task { await orchestrator.hearNews() }
      case .stop:
        ending.say("stopping: workers are asked to stop")
        Task { await orchestrator.stop() }
      case .leave:
        ending.say("ended at once: workers go on, and the next orchestrator takes them over")
        exit(0)
      }
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
    try await tellEnd(session, tasks)
  }

  /// Says where everything stands: to programs whenever a run ends well, to people where nothing more can be done.
  private func tellEnd(_ session: Session, _ tasks: TaskStore) async throws {
    guard global.json || (mode == .untilIdle && !global.quiet) else { return }
    let tip = try News.tip(of: session)
    let front = TaskFront(try await tasks.all().values)
    if global.json {
      return Output.print(StatusOutput.brief(front, cursor: StateMoment.cursor(tip)))
    }
    Output.say(StatusText.text(front, brief: true, now: Session.clock()))
  }

  /// What the configuration and the flags say, where work can be done at all.
  private func options(_ session: Session) async throws -> EngineOptions {
    var options = try Composition.options(session)
    try await session.requireRemote(options.remote)
    guard access(session.commonDirectory + "/shallow", F_OK) != 0 else {
      throw CommandError(
        "this clone is shallow",
        causes: ["branches cannot be compared with commits that are not here"],
        hints: ["git fetch --unshallow"])
    }
    if session.settings.forge.kind == .github, !isPlanning, !isOffline {
      try await GitHubAccess(session).requireMeans()
    }
    if let jobs { options.jobs = max(1, jobs) }
    try Sharing.mendReferences(session)
    options.isOffline = isOffline
    options.sharing = try await Sharing.options(session, offline: isOffline)
    return options
  }

  private func takeLock(_ path: String) async throws -> FileLock {
    for _ in 1..<Self.lockTries {
      if let lock = try FileLock(tryingPath: path) { return lock }
      try await Task.sleep(for: .milliseconds(Self.lockPauseMilliseconds))
    }
    if let lock = try FileLock(tryingPath: path) { return lock }
    let text = (try? TextFile.read(path)) ?? ""
    throw EngineError.alreadyRunning(
      holder: text.split(separator: "\n").first.map(String.init) ?? "another process")
  }

  private func holder(_ session: Session, _ host: String) -> RunHolder {
    var holder = RunHolder(process: Int(getpid()), host: host, since: Session.clock())
    if isInBackground { holder.log = RunLog(session.commonDirectory).path }
    if let jobs { holder.words += ["--jobs", String(jobs)] }
    if isOffline { holder.words.append("--offline") }
    return holder
  }

  private func printPlan(_ orchestrator: Orchestrator, _ tasks: TaskStore) async throws {
    let titles = try await tasks.all().mapValues(\.title)
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

/// Says once that the end was asked for, however often the bell rings for it.
private final class EndingNotice: Sendable {
  private let wasSaid = Mutex(false)

  func say(_ text: String) {
    let isFirst = wasSaid.withLock { said in
      defer { said = true }
      return !said
    }
    if isFirst { Output.say(text) }
  }
}
