internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import GitCLI
internal import GitState
internal import JSON
internal import Schedules
internal import Workflow

/// `orch job …`: schedules that make tasks or run commands.
struct JobCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "job", abstract: "Add, list and change jobs: what happens on a schedule.",
    discussion: """
      Jobs are carried out by 'orch run', or by 'orch job tick' from a schedule of the system's own. Those of \
      '.orch.yml' (section 'jobs') can also run commands; those added here make tasks.
      """,
    subcommands: [
      JobAddCommand.self, JobListCommand.self, JobShowCommand.self, JobRemoveCommand.self,
      JobEnableCommand.self, JobDisableCommand.self, JobTickCommand.self,
    ])
}

/// What the subcommands share.
private struct Jobs {
  let session: Session
  let tasks: TaskStore
  let options: EngineOptions
  var store: JobStore { JobStore(tasks) }

  init(_ global: GlobalOptions, creating: Bool = false) async throws {
    session = try Session(global)
    tasks = try await session.openTasks(creating: creating)
    options = try Composition.options(session)
  }

  /// The same for a command that changes jobs, which is not for workers.
  static func toChange(_ global: GlobalOptions, creating: Bool = false) async throws -> Jobs {
    let jobs = try await Jobs(global, creating: creating)
    try jobs.session.refuseWorkers("change what happens on a schedule")
    return jobs
  }

  /// Every job; where orch has not begun, those of the configuration.
  func all() async throws -> [JobView] {
    guard try session.hasState() else {
      return try JobStore.configured(options.schedules, zone: options.zone)
    }
    return try await store.all(configured: options.schedules, zone: options.zone)
  }

  func find(_ text: String) async throws -> JobView {
    try JobStore.find(text, in: try await all())
  }

  /// The tasks that a job has made, the oldest first.
  func made(by job: JobView) async throws -> [TaskView] {
    guard try session.hasState() else { return [] }
    return try await tasks.all().values.filter { $0.job == job.id }
      .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
  }
}

/// The command `orch job add`.
struct JobAddCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a job that makes a task at each time of a schedule.")

  @Argument(help: "Five fields of cron in quotes, or @hourly, @daily, @weekly, @monthly, @yearly.")
  var schedule: String
  @Argument(help: "The title of the tasks.") var title: String
  @Option(help: ArgumentHelp("What they ask for; '-' is standard input.", valueName: "text"))
  var body: String?
  @Option(name: .customLong("label"), help: "A label; may be given several times.")
  var labels: [String] = []
  @Option(help: "The agent that should do them.") var agent: String?
  @Option(help: ArgumentHelp("The schedule's time zone: Europe/Berlin.", valueName: "zone"))
  var timeZone: String?
  @Option(help: ArgumentHelp("The largest random delay, in seconds.", valueName: "seconds"))
  var jitter = 0
  @Option(help: "How many missed times are made up for after a pause.") var catchUp = 1
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let checked: CronSchedule
    do throws(ScheduleError) { checked = try CronSchedule(schedule) } catch {
      throw ValidationError("'\(schedule)' is not a schedule: \(error.description)")
    }
    if let timeZone, ZoneDatabase.zone(named: timeZone) == nil {
      throw ValidationError("this machine knows no time zone '\(timeZone)'")
    }
    guard (0...2_592_000).contains(jitter), (0...100).contains(catchUp) else {
      throw ValidationError("--jitter is from 0 to 2592000 seconds, --catch-up from 0 to 100")
    }
    let jobs = try await Jobs.toChange(global, creating: true)
    var job = NewJob(schedule: checked.text, title: title)
    job.body = try body.map(TextFile.argument) ?? ""
    job.labels = labels
    job.agent = agent
    job.timeZone = timeZone
    job.jitterSeconds = jitter
    job.catchUp = catchUp
    var random = SystemRandomNumberGenerator()
    let id = RecordID.random(using: &random)
    try await jobs.store.add(job, id: id, author: jobs.session.author, now: Session.clock())
    jobs.session.ring()
    let view = try await jobs.find(id.text)
    if global.json { return Output.print(JobText.json(view, now: Session.clock())) }
    Output.print(
      global.quiet
        ? view.id : JobText.row(view, now: Session.clock()).joined(separator: "  "))
  }
}

/// The command `orch job list`.
struct JobListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the jobs: schedule, last and next time.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let all = try await Jobs(global).all()
    let now = Session.clock()
    if global.json { return Output.print(.array(all.map { JobText.json($0, now: now) })) }
    guard !all.isEmpty else { return Output.say("no jobs yet: orch job add @daily \"…\"") }
    Output.print(TextTable.lines(all.map { JobText.row($0, now: now) }))
  }
}

/// The command `orch job show`.
struct JobShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a job with its tasks and how its command last ended.")

  @Argument(help: "The job's name, or the beginning of its id.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let jobs = try await Jobs(global)
    let job = try await jobs.find(id)
    let made = try await jobs.made(by: job)
    let now = Session.clock()
    if global.json {
      var json = JobText.json(job, now: now).object ?? [:]
      json["tasks"] = .texts(made.map(\.id))
      return Output.print(.object(json))
    }
    Output.print("\(job.id)  \(job.name)\n")
    Output.print(TextTable.lines(JobText.facts(job, now: now).map { ["  " + $0.0, $0.1] }))
    if let output = job.lastRun?.output, !output.isEmpty { Output.print("\n" + output) }
    if !made.isEmpty {
      Output.print("\ntasks\n" + TextTable.lines(made.suffix(20).map(TaskText.row)))
    }
  }
}

/// The command `orch job remove`.
struct JobRemoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Take a job away; its tasks stay.")

  @Argument(help: "The beginning of the job's id.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let jobs = try await Jobs.toChange(global)
    let job = try await jobs.find(id)
    try await jobs.store.remove(job, author: jobs.session.author)
    jobs.session.ring()
    if !global.quiet { Output.print("\(job.id.prefix(6)) removed: \(job.name)") }
  }
}

/// The command `orch job enable`.
struct JobEnableCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Let a job fire again, from now on.")

  @Argument(help: "The beginning of the job's id.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws { try await setEnabled(true, id, global) }
}

/// The command `orch job disable`.
struct JobDisableCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Stop a job from firing; tasks that it has made go on.")

  @Argument(help: "The beginning of the job's id.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws { try await setEnabled(false, id, global) }
}

private func setEnabled(_ isEnabled: Bool, _ id: String, _ global: GlobalOptions) async throws {
  let jobs = try await Jobs.toChange(global)
  let job = try await jobs.find(id)
  try await jobs.store.setEnabled(
    job, isEnabled, author: jobs.session.author, now: Session.clock())
  jobs.session.ring()
  let word = isEnabled ? "enabled" : "disabled"
  if !global.quiet { Output.print("\(job.id.prefix(6)) \(word): \(job.name)") }
}

/// The command `orch job tick`.
struct JobTickCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tick", abstract: "Fire what is due now, once: for schedules of the system's own.",
    discussion:
      "'orch run' does this by itself. Both at once are no harm: each time is carried out once.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let jobs = try await Jobs.toChange(global, creating: true)
    let runner = JobRunner(jobs.tasks, git: jobs.session.git) { line in
      if !global.quiet, !global.json { Output.say(line) }
    }
    let made = try await runner.turn(jobs.options)
    await runner.drain()
    if !made.isEmpty { jobs.session.ring() }
    if global.json { Output.print(.array(made.map(TaskOutput.json))) }
  }
}
