internal import ArgumentParser
internal import Engine
internal import JSON

/// What an orchestrator in the background may be begun with.
struct BackgroundOptions: ParsableArguments {
  @Option(help: "How many attempts run at once.") var jobs: Int?
  @Flag(
    help: "Work without asking the remote who has which task: other machines may do the same ones.")
  var offline = false

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("'--jobs' must be 1 or more") }
  }

  /// The same for `orch run`.
  var words: [String] {
    (jobs.map { ["--jobs", String($0)] } ?? []) + (offline ? ["--offline"] : [])
  }
}

/// How long an end is waited for.
struct StopOptions: ParsableArguments {
  @Flag(help: "End at once and leave workers running: the next orchestrator takes them over.")
  var now = false
  @Option(help: ArgumentHelp("How long to wait for its end.", valueName: "seconds"))
  var timeout = 300

  func validate() throws {
    guard (1...86_400).contains(timeout) else {
      throw ValidationError("--timeout takes 1 to 86400 seconds")
    }
  }
}

/// Tells of an orchestrator that runs.
private func tell(_ words: String, _ holder: RunHolder, _ global: GlobalOptions) {
  if global.json { return Output.print(holder.shown) }
  guard !global.quiet else { return }
  let log = holder.log.map { ", log \($0)" } ?? ", in a terminal"
  Output.print("\(words): process \(holder.process)\(log)")
}

/// The command `orch start`.
struct StartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Run the orchestrator in the background.",
    discussion: """
      It goes on when the terminal is closed, and is 'orch run' in every other way. 'orch top' shows it at work, \
      'orch status' says where its log is, 'orch stop' ends it. Where one runs already, nothing happens.
      """)

  @OptionGroup var options: BackgroundOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("start the orchestrator")
    try session.refuseBrokenPath()
    let (holder, isNew) = try await Background(session).start(options.words)
    tell(isNew ? "started" : "runs already", holder, global)
  }
}

/// The command `orch stop`.
struct StopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "End the orchestrator of this repository, in the background or in a terminal.",
    discussion: """
      Workers are asked to stop at a checkpoint, what they have is kept, and the command returns when all is over. \
      Where none runs, nothing happens.
      """)

  @OptionGroup var options: StopOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global, configured: false)
    try session.refuseWorkers("stop the orchestrator")
    let holder = try await Background(session).stop(now: options.now, seconds: options.timeout)
    if global.json { return Output.print(["stopped": holder.map(\.shown) ?? .null]) }
    guard !global.quiet else { return }
    Output.print(holder.map { "stopped: process \($0.process)" } ?? "orch does not run here")
  }
}

/// The command `orch restart`.
struct RestartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart",
    abstract:
      "End the orchestrator and run it in the background again, as after an upgrade of orch.",
    discussion: "Without options it is begun with those that it was begun with last.")

  @OptionGroup var options: BackgroundOptions
  @OptionGroup var ending: StopOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("restart the orchestrator")
    try session.refuseBrokenPath()
    let background = try Background(session)
    let words = options.words.isEmpty ? background.lastWords : options.words
    _ = try await background.stop(now: ending.now, seconds: ending.timeout)
    let (holder, isNew) = try await background.start(words)
    tell(isNew ? "started" : "runs already", holder, global)
  }
}
