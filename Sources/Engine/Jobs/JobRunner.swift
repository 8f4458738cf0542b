internal import Agents
internal import Git2
public import GitCLI
internal import GitState
internal import Schedules
public import Workflow

/// Fires the jobs that are due: makes tasks, runs commands.
///
/// A job whose last task is not over, blocked ones included, makes no other; a command that still runs, here or
/// on another machine, is not begun again.
public actor JobRunner {
  /// How long after a failure a command is tried again, in seconds.
  static let retrySeconds = 30

  private let tasks: TaskStore
  private let store: JobStore
  private let git: GitProgram
  private let report: @Sendable (String) -> Void
  private var running: Set<String> = []
  /// Commands that are not tried again before a time, in seconds since 1970.
  private var resting: [String: Int] = [:]
  /// Since when another machine's post has been seen unchanged.
  private var watched: [String: (object: String, since: ContinuousClock.Instant)] = [:]
  private var cached: (tip: String, records: [Record])?

  /// A runner over a state; `report` gets a line for each firing.
  public init(
    _ tasks: TaskStore, git: GitProgram, report: @escaping @Sendable (String) -> Void
  ) {
    self.tasks = tasks
    self.git = git
    self.report = report
    store = JobStore(tasks)
  }

  /// True while a command runs.
  public var isBusy: Bool { !running.isEmpty }

  /// Fires what is due; commands run on, and `ended` is called after each.
  ///
  /// Returns the tasks that were made. Without jobs nothing is written and nothing asked of the network.
  @discardableResult
  public func turn(
    _ options: EngineOptions, ended: @escaping @Sendable () -> Void = {}
  ) async throws -> [TaskView] {
    let jobs = try JobStore.views(
      try await records(), configured: options.schedules, zone: options.zone)
    let now = options.clock() / 1000
    var made: [TaskView] = []
    for job in jobs where job.isEnabled {
      guard let timetable = job.timetable else { continue }
      guard let handled = job.handled else {
        try await anchor(job, options, now: now)
        continue
      }
      guard let due = timetable.due(after: handled, now: now) else { continue }
      switch job.work {
      case .task(let title, let body, let labels, let agent):
        guard try await !hasUnfinishedTask(job) else { continue }
        let task = try await store.fire(
          job, at: due, title: title, body: body, labels: labels, agent: agent, now: now * 1000)
        if let task {
          made.append(task)
          report("job '\(job.name)' made \(task.id.prefix(6)): \(task.title)")
        }
      case .command(let line, let timeout):
        begin(job, due, line, timeout, options, ended: ended)
      }
    }
    return made
  }

  /// Waits until no command runs.
  public func drain() async {
    while isBusy { await withCheckedContinuation { waiting.append($0) } }
  }

  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// The jobs' records, read anew when the state has moved.
  private func records() async throws -> [Record] {
    let tip = cached?.tip
    let read = try await tasks.state.read { reader, repository -> (String, [Record])? in
      if reader.tip.hex == tip { return nil }
      return (reader.tip.hex, try reader.records(of: .jobs, in: repository))
    }
    if let read { cached = (read.0, read.1) }
    return cached?.records ?? []
  }

  private func anchor(_ job: JobView, _ options: EngineOptions, now: Int) async throws {
    guard job.isConfigured, let option = options.schedules.first(where: { $0.name == job.name })
    else { return }
    try await store.anchor(job, as: option, now: now)
  }

  private func hasUnfinishedTask(_ job: JobView) async throws -> Bool {
    try await tasks.all().values.contains { $0.job == job.id && !$0.status.isTerminal }
  }
}

extension JobRunner {
  private func begin(
    _ job: JobView, _ due: Int, _ line: String, _ timeout: Int, _ options: EngineOptions,
    ended: @escaping @Sendable () -> Void
  ) {
    guard !running.contains(job.id), resting[job.id] ?? 0 <= options.clock() / 1000 else { return }
    running.insert(job.id)
    Task {
      do {
        try await run(job, due, line, timeout, options)
      } catch {
        report("job '\(job.name)' was not run: \(FailureText.sentence(error))")
        rest(job, options)
      }
      running.remove(job.id)
      for continuation in waiting { continuation.resume() }
      waiting = []
      ended()
    }
  }

  private func rest(_ job: JobView, _ options: EngineOptions) {
    resting[job.id] = options.clock() / 1000 + Self.retrySeconds
  }

  /// Runs a command if the time is this machine's to carry out.
  private func run(
    _ job: JobView, _ due: Int, _ line: String, _ timeout: Int, _ options: EngineOptions
  ) async throws {
    // Held until the end: whoever gets it knows that no command of this job runs on this machine.
    guard let lock = try FileLock(tryingPath: "\(tasks.state.folder.path)/job-\(job.id).lock")
    else { return }
    let turn = JobTurn(
      state: tasks.state, git: git, remote: options.stateRemote ?? options.remote, job: job.id)
    let command = JobCommandRun(job, due, folder: tasks.state.folder)
    // An orchestrator that was killed has left it running.
    if try command.isRunning { return rest(job, options) }
    let seen = try await turn.look()
    if let post = seen?.post {
      if post.scheduled >= due, post.isOver {
        return try await store.recordHandled(job, due)
      }
      if !post.isOver, post.host == tasks.state.host, let object = seen?.object,
        let code = command.leftCode(of: post.scheduled)
      {
        return try await takeOver(job, turn, post, object, code, options)
      }
      if !post.isOver, post.host != tasks.state.host, !isGivenUp(job, seen?.object, timeout) {
        rest(job, options)
        return
      }
    }
    var post = JobTurn.Post(
      scheduled: due, host: tasks.state.host, isOver: false,
      nonce: String(UInt64.random(in: 0...UInt64.max), radix: 16))
    let seconds = options.clock() / 1000
    guard let mine = try await turn.replace(seen?.object, with: post, seconds: seconds) else {
      return
    }
    try await carryOut(job, due, command, line, timeout, options)
    post.isOver = true
    _ = try? await turn.replace(mine, with: post, seconds: options.clock() / 1000)
    lock.release()
  }

  /// Records a command that ended while no orchestrator was there.
  private func takeOver(
    _ job: JobView, _ turn: JobTurn, _ left: JobTurn.Post, _ object: String, _ code: Int,
    _ options: EngineOptions
  ) async throws {
    try await store.recordRun(
      job,
      JobRun(
        scheduled: left.scheduled, host: left.host, exitCode: code, milliseconds: 0, output: ""))
    var post = left
    post.isOver = true
    _ = try await turn.replace(object, with: post, seconds: options.clock() / 1000)
  }

  private func carryOut(
    _ job: JobView, _ due: Int, _ command: JobCommandRun, _ line: String, _ timeout: Int,
    _ options: EngineOptions
  ) async throws {
    report("job '\(job.name)' runs: \(line)")
    var environment = EnvironmentPolicy.environment(from: options.environment, type: "script")
    environment["ORCH_JOB"] = job.name
    environment["ORCH_JOB_TIME"] = Timestamp.text(due * 1000)
    let result = try await ShellCommand.run(
      command.shellLine(line, program: options.program), in: options.repository,
      environment: environment, timeoutSeconds: timeout)
    let run = JobRun(
      scheduled: due, host: tasks.state.host, exitCode: result.exitCode,
      milliseconds: result.milliseconds, output: result.output)
    try await store.recordRun(job, run)
    report("job '\(job.name)' \(run.words)")
  }

  /// True if another machine's post has stood unchanged for longer than its command may run.
  ///
  /// Measured on this machine's own clock alone, which also counts sleep; no two clocks are compared.
  private func isGivenUp(_ job: JobView, _ object: String?, _ timeout: Int) -> Bool {
    guard let object else { return true }
    guard let known = watched[job.id], known.object == object else {
      watched[job.id] = (object, .now)
      return false
    }
    return ContinuousClock.now - known.since > .seconds(timeout + timeout / 5 + 60)
  }
}
