internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow

/// This machine's part in work that several machines share: its claims, its heartbeat, its syncs.
///
/// A task is worked on under a claim: from before its first effect until it rests. The remote decides who
/// has it; see `ClaimKeeper`. What is begun is noted in `orch/begun.json`, so that the next process goes
/// on with it.
actor SharedWork {
  /// The first wait for a task that could not be had, in milliseconds; it doubles.
  static let firstPostponement = 500
  /// The longest wait, in milliseconds.
  static let longestPostponement = 15_000
  /// How soon the remote is tried again while it cannot be reached at all, in milliseconds.
  static let retryMilliseconds = 2000
  /// The time between two syncs while they fail, or while what they bring cannot be joined, in seconds.
  static let troubledSeconds = 10
  /// How often the end of a claim is tried in a row while others push the state.
  static let maximumEndings = 20

  nonisolated let options: SharingOptions
  nonisolated let tasks: TaskStore
  nonisolated let keeper: ClaimKeeper
  nonisolated let sync: StateSync
  nonisolated let host: String
  nonisolated let report: @Sendable (RunReport) -> Void
  /// Fetches and joins of the state go one at a time.
  nonisolated let lane = Lane()

  var begun: BegunWork
  var hasBegun = false
  /// True once the remote was asked for the first time, whether it answered or not.
  var hasTried = false
  /// A time in which the remote does not do its part.
  private struct Absence {
    /// When it began, by the monotonic clock.
    let since: Int
    let error: any Error
  }

  /// Since when no sync has got through.
  private var away: Absence?
  /// Since when the claims cannot be read.
  private var lackingClaims: Absence?
  /// Why the state of the remote could not be joined when that was last tried: nothing new is claimed then.
  private(set) var joinProblem: StateError?
  /// True for a process that only looks.
  var isLooking = false
  /// Tasks that were lost to another machine while work on them was begun here.
  var lost: Set<String> = []
  /// Tasks of which the state here did not know what their closed claims speak of when that was last asked for.
  var behind: Set<String> = []
  /// Claims that are being ended.
  var ending: Set<String> = []
  /// Claims under which something was done.
  var used: Set<String>
  /// Tasks whose work was fetched by this process, with the attempt that it is of.
  var fetched: [String: Int] = [:]
  var workers: [String: WorkerMonitor] = [:]
  /// Tasks whose claims somebody deleted while their workers were at work here.
  var unclaimed: Set<RecordID> = []
  /// This machine's new name, once another one turned out to have the old.
  var newName: String?
  private var budget = PushBudget()
  /// What the last sync had to tell.
  private var said: Set<String> = []
  var postponed: [String: (until: Int, wait: Int)] = [:]

  init(
    options: SharingOptions, tasks: TaskStore, git: GitProgram,
    seconds: @escaping @Sendable () -> Int64, report: @escaping @Sendable (RunReport) -> Void
  ) throws {
    self.options = options
    self.tasks = tasks
    self.report = report
    host = tasks.state.host
    var sync = StateSync(state: tasks.state, git: git, remote: options.remote)
    sync.allowedSecretPaths = options.allowedSecretPaths
    self.sync = sync
    begun = BegunWork(tasks.state.folder)
    used = Set(begun.tokens.keys.map(\.text))
    let timing = ClaimTiming(lifetime: options.lifetimeSeconds * 1000)
    let arbiter: any Arbiter =
      options.isOffline
      ? LocalArbiter(try RepositoryActor(at: git.directory))
      : try GitArbiter(
        git: git.limited(toSeconds: Self.networkSeconds(timing)), remote: options.remote,
        publishing: git, expected: { try? await tasks.state.arbiter()?.id })
    let now = options.monotonicClock
    let clock = ClaimClock(
      now: { MonotonicTime(milliseconds: now()) }, seconds: seconds,
      pause: { try? await Task.sleep(for: .milliseconds($0)) })
    keeper = ClaimKeeper(
      arbiter: arbiter, folder: tasks.state.folder, host: host, timing: timing, clock: clock,
      using: SystemRandomNumberGenerator())
  }

  /// How long one exchange with the remote may take, in seconds: well below a lifetime.
  private static func networkSeconds(_ timing: ClaimTiming) -> Int {
    min(60, max(3, timing.lifetime / 5000))
  }

  // MARK: Its course

  /// Syncs, takes over what an earlier process has begun, and beats once; to be repeated until it could.
  func begin() async {
    guard !hasBegun else { return }
    defer { hasTried = true }
    await synchronise()
    do {
      let first = try await keeper.begin(continuing: begun.tokens)
      hasBegun = true
      lackingClaims = nil
      await take(first)
      sayBack()
    } catch {
      // What a sync says of the remote is one thing, what the claims say another: each is said once.
      guard lackingClaims == nil else { return }
      if away == nil { report(.remoteUnreachable(error)) }
      lackingClaims = Absence(since: options.monotonicClock(), error: error)
    }
  }

  /// Says that the remote cannot be reached: once, and again after it could be in between.
  func sayAway(_ error: any Error) {
    guard away == nil else { return }
    report(.remoteUnreachable(error))
    away = Absence(since: options.monotonicClock(), error: error)
  }

  private func sayBack() {
    if away != nil { report(.remoteReached) }
    away = nil
  }

  /// What keeps this machine from sharing its work, if it has for so many milliseconds.
  func obstacle(after milliseconds: Int) -> (any Error)? {
    let now = options.monotonicClock()
    return [away, lackingClaims].compactMap(\.self).first { now - $0.since > milliseconds }?.error
  }

  /// Looks at the claims without taking part.
  func look() async {
    let sync = sync
    if !options.isOffline { _ = try? await lane.run { try await sync.fetch() } }
    isLooking = await keeper.refresh()
  }

  /// Beats and syncs until it is cancelled; `changed` is called when there may be something to decide.
  nonisolated func keepGoing(_ changed: @escaping @Sendable () -> Void) async {
    await withTaskGroup { group in
      group.addTask { await self.beatOn(changed) }
      if !self.options.isOffline { group.addTask { await self.syncOn(changed) } }
    }
  }

  private func beatOn(_ changed: @Sendable () -> Void) async {
    while !Task.isCancelled {
      var wait = Self.retryMilliseconds
      if hasBegun {
        let beat = await keeper.beat()
        await take(beat)
        wait = beat.nextBeat
      } else {
        await begin()
      }
      changed()
      // Never later than asked for: others count the time.
      try? await Task.sleep(for: .milliseconds(Int.random(in: wait * 3 / 4...max(1, wait))))
    }
  }

  private func syncOn(_ changed: @Sendable () -> Void) async {
    while !Task.isCancelled {
      let isHolding = await !keeper.held.isEmpty
      let isActive = isHolding || !unclaimed.isEmpty
      let usual = isActive ? options.intervalSeconds : options.idleIntervalSeconds
      // What is wrong may be right again any time.
      let isWell = away == nil && joinProblem == nil
      let seconds = isWell ? usual : min(usual, Self.troubledSeconds)
      try? await Task.sleep(for: .milliseconds(Int.random(in: seconds * 750...seconds * 1000)))
      guard !Task.isCancelled else { return }
      await synchronise()
      await keeper.refresh()
      await askAgain()
      await writeDeadlines()
      changed()
    }
  }

  /// One sync, as far as the network and the budget allow.
  func synchronise() async {
    guard !options.isOffline else { return }
    let hosts = await keeper.view.hosts.values.count { $0.content?.isEnded == false }
    let mayPush = budget.take(
      now: options.monotonicClock(), perMinute: options.pushesPerMinute, hosts: hosts)
    do {
      let sync = sync
      let done = try await lane.run {
        mayPush ? try await sync.run() : try await sync.fetch().report
      }
      await take(done)
      joinProblem = nil
      // That a fetch gets through says nothing of a push that was refused.
      if mayPush || !(away?.error is SyncError) { sayBack() }
    } catch StateError.busy {
      // Others are faster all the time; the next sync is not far.
    } catch {
      noteJoin(error)
      sayAway(error)
    }
  }

  /// Takes a sync's findings in: what people should hear of, and another machine that writes under this one's name.
  func take(_ done: SyncReport) async {
    let news = done.news(of: options.remote)
    for line in news where !said.contains(line) { report(.note(line)) }
    said = Set(news)
    guard newName == nil, done.joins.contains(where: \.isHostShared) else { return }
    await keeper.rename()
    noteName(await keeper.host)
  }

  /// Remembers an error of a sync, if it is that the two states cannot become one.
  private func noteJoin(_ error: any Error) {
    let problem = error as? StateError
    switch problem {
    case .refused, .newerFormat, .damaged: joinProblem = problem
    default: break
    }
  }

  /// This machine has another name: the state has to be opened anew.
  private func noteName(_ name: String) {
    if name != host { newName = name }
  }

  private func take(_ beat: HeartbeatReport) async {
    // Not those that were given back meanwhile.
    let held = await Set(keeper.held.map(\.claim.task))
    for task in beat.lost
    where begun.tokens[task] != nil && !held.contains(task) && !ending.contains(task.text) {
      lose(task)
    }
    unclaimed.formUnion(beat.gone.filter { begun.tokens[$0] != nil })
    noteName(await keeper.host)
    await writeDeadlines()
    if beat.isConfirmed {
      if lackingClaims != nil, away == nil { report(.remoteReached) }
      lackingClaims = nil
    } else if lackingClaims == nil, await !isAlive() {
      let error = await keeper.problem ?? ClaimError.unheard
      if away == nil { report(.remoteUnreachable(error)) }
      lackingClaims = Absence(since: options.monotonicClock(), error: error)
    }
  }

  // MARK: What could not be had

  func postpone(_ task: String) {
    let wait = min(
      (postponed[task]?.wait ?? Self.firstPostponement / 2) * 2, Self.longestPostponement)
    postponed[task] = (options.monotonicClock() + Int.random(in: wait / 2...wait), wait)
  }

  func hurry(_ task: String) { postponed[task] = nil }

  func isPostponed(_ task: String) -> Bool {
    postponed[task].map { options.monotonicClock() < $0.until } ?? false
  }

  var postponedTasks: [String] { postponed.keys.filter { isPostponed($0) } }
}
