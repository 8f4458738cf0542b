import Engine
import Foundation
import Git2
import GitCLI
import GitState
import Schedules
import Synchronization
import TestSupport
import Workflow

/// Machines with clones of one remote, a clock that is set by hand, and a log of what their commands did.
struct JobRig {
  let scratch = Scratch.current
  /// Seconds since 1970.
  let clock = Clock()

  final class Clock: Sendable {
    private let time = Mutex(1_800_000_600)
    var seconds: Int {
      get { time.withLock { $0 } }
      set { time.withLock { $0 = newValue } }
    }
  }

  /// One machine.
  struct Machine {
    let tasks: TaskStore
    let runner: JobRunner
    let options: EngineOptions
    let sync: StateSync
  }

  init() throws {
    try scratch.git("init", "-q", "--bare", scratch["origin.git"])
    try scratch.repository("seed")
    try scratch.git("push", "-q", scratch["origin.git"], "main", in: "seed")
  }

  /// A machine with its own clone; `schedules` are what its configuration says.
  func machine(_ name: String, _ schedules: [JobOption] = []) async throws -> Machine {
    if !scratch.exists(name) { try scratch.git("clone", "-q", "origin.git", name) }
    var random = SystemRandomNumberGenerator()
    let clock = clock
    let state = try StateStore(
      at: scratch[name], hostName: name, identity: .init(name: "orch", email: "o@l", seconds: 0),
      clock: { clock.seconds * 1000 }, using: &random)
    try await state.initialise()
    let tasks = TaskStore(state)
    let git = GitProgram(directory: scratch[name], environment: scratch.environment)
    var options = EngineOptions(
      repository: scratch[name], worktreesRoot: scratch["trees"], project: "p",
      program: BuiltProgram.orch,
      clock: { clock.seconds * 1000 }, makePrompt: { _ in throw Unused() },
      routing: RoutingText(question: { _, _ in "" }, answer: { _, _ in throw Unused() }),
      workerGuard: { _, _, _ in
        WorkerGuardFiles(scripts: [:], programs: [:], environment: [:])
      })
    options.schedules = schedules
    options.environment = scratch.environment
    return Machine(
      tasks: tasks, runner: JobRunner(tasks, git: git, report: { _ in }), options: options,
      sync: StateSync(state: state, git: git, remote: "origin"))
  }

  struct Unused: Error {}

  /// A job that makes tasks.
  func making(
    _ title: String, _ schedule: String, catchUp: Int = 1, jitter: Int = 0
  ) throws -> JobOption {
    JobOption(
      name: "job-\(title)", schedule: try CronSchedule(schedule), zone: .utc,
      jitterSeconds: jitter, catchUp: catchUp,
      work: .task(title: title, body: "", labels: ["nightly"], agent: nil))
  }

  /// A job that runs a command.
  func running(_ line: String, _ schedule: String, seconds: Int = 60) throws -> JobOption {
    JobOption(
      name: "command", schedule: try CronSchedule(schedule), zone: .utc, catchUp: 1,
      work: .command(line, timeoutSeconds: seconds))
  }
}

extension JobRig.Machine {
  /// Fires what is due and waits for its commands.
  @discardableResult
  func turn() async throws -> Int {
    let made = try await runner.turn(options)
    await runner.drain()
    return made.count
  }

  /// Ends all tasks.
  func finishTasks() async throws {
    for task in try await tasks.all().values where !task.status.isTerminal {
      try await tasks.record(task.id, TaskChange(.cancelled))
    }
  }

  /// The titles of all tasks, oldest first.
  func titles() async throws -> [String] {
    try await tasks.all().values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
      .map(\.title)
  }
}
