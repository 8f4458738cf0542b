internal import GitCLI
internal import GitState
internal import Workflow

/// What an orchestrator does beside its tasks: fires jobs, and takes in what was filed at the remote.
actor Errands {
  private let tasks: TaskStore
  private let git: GitProgram
  private let jobs: JobRunner
  private let network: Lane
  private let report: @Sendable (RunReport) -> Void
  private let wake: @Sendable () -> Void
  private var isLooking = false
  private var hasFailed = false
  /// How many looks and commands have ended.
  private(set) var completed = 0
  private var lookedAt: Int?
  /// Objects that are no asks: not looked at again.
  private var refused: Set<String> = []

  init(
    _ tasks: TaskStore, git: GitProgram, network: Lane,
    report: @escaping @Sendable (RunReport) -> Void, wake: @escaping @Sendable () -> Void
  ) {
    self.tasks = tasks
    self.git = git
    self.network = network
    self.report = report
    self.wake = wake
    jobs = JobRunner(tasks, git: git, report: { report(.note($0)) })
  }

  /// True while something is on its way that may make tasks.
  var isBusy: Bool { get async { if isLooking { true } else { await jobs.isBusy } } }

  /// True if nothing is on its way and nothing has ended since there were so many.
  func isQuiet(since count: Int) async -> Bool {
    let isBusy = await isBusy
    return !isBusy && completed == count
  }

  /// Begins what is due; `isActive` if tasks are at work, so that the remote is looked at more often.
  func turn(_ options: EngineOptions, isActive: Bool) async throws {
    try await jobs.turn(options) { [weak self] in
      Task { await self?.end() }
    }
    guard let remote = options.inboxRemote, !isLooking, isDue(options, isActive) else { return }
    isLooking = true
    lookedAt = options.clock()
    Task {
      do {
        try await look(options, remote)
        if hasFailed { report(.remoteReached) }
        hasFailed = false
      } catch {
        // Said once, and again after it has worked in between.
        if !hasFailed { report(.remoteUnreachable(error)) }
        hasFailed = true
      }
      isLooking = false
      end()
    }
  }

  private func end() {
    completed += 1
    wake()
  }

  private func isDue(_ options: EngineOptions, _ isActive: Bool) -> Bool {
    guard let lookedAt else { return true }
    let seconds = isActive ? options.inboxSeconds : options.idleInboxSeconds
    return options.clock() - lookedAt >= seconds * 1000
  }

  /// Takes in, pushes the state, and only then deletes what was taken.
  private func look(_ options: EngineOptions, _ remote: String) async throws {
    let inbox = Inbox(tasks, git: git, remote: remote)
    let known = refused
    let look = try await network.run { try await inbox.take(now: options.clock(), leaving: known) }
    for task in look.made { report(.note("inbox: \(task.id.prefix(6)) \(task.title)")) }
    for item in look.refused { report(.note("inbox: '\(item.reference)' is left: \(item.reason)")) }
    refused.formUnion(look.refusedObjects)
    guard !look.taken.isEmpty else { return }
    var sync = StateSync(state: tasks.state, git: git, remote: remote)
    sync.allowedSecretPaths = options.asksAboutSecrets ? options.allowedSecretPaths : nil
    let report = try await network.run { [sync] in try await sync.run() }
    if !report.isHeldBack { try await inbox.clear(look) }
  }
}
