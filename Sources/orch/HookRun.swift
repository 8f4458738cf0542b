internal import Agents
internal import ArgumentParser
internal import Dispatch
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import Hooks
internal import Settings
internal import Synchronization
internal import Workflow

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What `orch hook NAME` does when git calls it: bounded in time, silent to git, never a failure of its command.
///
/// What goes wrong is kept for `orch doctor`. Nothing is opened that the hook does not need: a commit that asks
/// for nothing costs the reading of its message and of the files that it changed.
struct HookRun: Sendable {
  /// The most commits of one rebase or push that are looked into.
  static let maximumCommits = 1000
  /// The most that is read of what git says, in bytes.
  static let maximumInputBytes = 16 << 20
  /// The time limit until the configuration is known, in seconds.
  static let firstLimitSeconds = HookSettings.defaultTimeoutSeconds

  /// The hook's name.
  let name: String
  /// What git gave it.
  let arguments: [String]
  /// A folder of the repository.
  let folder: String
  private let limit = TimeLimit()

  /// How long the programs that it started have to end when the time is up, in milliseconds.
  static let partingMilliseconds = 300

  /// The limit that is in force, and what it limits; one that was replaced does nothing.
  private final class TimeLimit: Sendable {
    let number = Mutex(0)
    let work = Mutex<Task<Void, any Error>?>(nil)
    let isOver = Atomic(false)
  }

  private init(_ words: [String]) {
    name = words[1]
    arguments = Array(words.dropFirst(2))
    folder = Environment.value("GIT_DIR") ?? Session.currentFolder
  }

  /// Answers the words of a git hook; false if they are something else, which the command parser is to explain.
  static func answer(_ words: [String]) async -> Bool {
    guard words.count >= 2, words[0] == "hook", Hooks.names.contains(words[1]) else { return false }
    if let probe = Environment.value(Hooks.probeVariable), !probe.isEmpty {
      TextFile.append(probe, words[1] + "\n")
      return true
    }
    let run = HookRun(words)
    run.limitTime(seconds: firstLimitSeconds)
    let work = Task { try await run.run() }
    run.limit.work.withLock { $0 = work }
    do {
      try await work.value
    } catch  where run.limit.isOver.load(ordering: .relaxed) {
      // It was told to end, and that was noted.
    } catch {
      run.note(Explanation.report(of: error).sentence)
    }
    return true
  }

  private func run() async throws {
    switch name {
    case "post-commit": try await afterCommit()
    case "post-merge": try await afterMerge()
    case "post-applypatch": try await afterPatch()
    case "post-rewrite": try await afterRewrite()
    case "pre-push": try await beforePush()
    case "post-receive": try await afterReceive()
    default: ring(.look)
    }
  }

  /// Ends the process silently when the time is up, and what it started: git's command waits for it.
  private func limitTime(seconds: Int) {
    let run = self
    let number = limit.number.withLock {
      $0 += 1
      return $0
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds)) {
      guard run.limit.number.withLock({ $0 == number }) else { return }
      run.note("it did not end within \(seconds) s and gave up")
      run.limit.isOver.store(true, ordering: .relaxed)
      // The git that runs, and its ssh, are told to end; a lock that is waited for cannot be.
      run.limit.work.withLock { $0?.cancel() }
      let parting = DispatchTime.now() + .milliseconds(Self.partingMilliseconds)
      DispatchQueue.global().asyncAfter(deadline: parting) { _exit(0) }
    }
  }

  /// Keeps what went wrong, for `orch doctor`.
  func note(_ text: String) {
    guard let common = try? Repository(at: folder).commonDirectory else { return }
    HookFailures(commonDirectory: common).add(hook: name, text, now: Session.clock())
  }

  func ring(_ sound: Bell.Sound) {
    let common =
      RepositoryLocation(near: folder)?.commonDirectory
      ?? (try? Repository(at: folder).commonDirectory)
    Bell.ring(common.map { $0 + "/orch/bell" }, sound)
  }

  /// True in a worker's worktree: what it leaves behind counts when it is merged.
  var isWorker: Bool { Environment.value("ORCH_TASK_ID") != nil }
}

extension HookRun {
  /// Makes tasks of asks, as far as the configuration lets them become tasks.
  func record(_ asks: [Ask]) async throws {
    guard !asks.isEmpty else { return }
    let session = try openSession()
    let wanted = Self.wanted(asks, session.settings.hooks)
    guard !wanted.isEmpty else { return }
    let made = try await AskedTasks(try await session.tasks()).record(
      wanted, now: Session.clock())
    if !made.isEmpty { ring(.change) }
  }

  /// The asks that the configuration lets become tasks.
  private static func wanted(_ asks: [Ask], _ settings: HookSettings) -> [Ask] {
    asks.filter { ask in
      ask.identity.hasPrefix("mark\n")
        ? settings.todos : ask.source == .inbox || settings.trailers
    }
  }

  func openSession() throws -> Session {
    let session = try Session(try GlobalOptions.parse(["-C", folder, "--quiet"]))
    limitTime(seconds: session.settings.hooks.timeoutSeconds)
    return session
  }

  /// Sends the state along with a push of code, if it holds anything new.
  private func beforePush() async throws {
    // Where git was given an address it has no name to give (githooks(5)): it is nobody's remote, nor the state's.
    guard !isWorker, let remote = arguments.first, remote != arguments.dropFirst().first else {
      return
    }
    let repository = try Repository(at: folder)
    Session.mendState(in: repository)
    guard let tip = try StateReader.tip(in: repository) else { return }
    let mark = "\(RefLayout.tracking)\(remote)/pushed"
    if (try? repository.reference(mark)) == tip { return }
    let session = try openSession()
    let settings = session.settings
    guard settings.hooks.sync, settings.sync.isEnabled,
      remote == settings.sync.remote ?? settings.forge.remote
    else { return }
    _ = try await SyncCommand.sync(remote, session, try await session.openTasks())
    // What was just sent need not be looked at by the next push; without the mark it is.
    try repository.refreshObjects()
    if let sent = try StateReader.tip(in: repository) {
      let old = try repository.reference(mark)
      try repository.setReference(mark, to: sent, expecting: old, log: "orch: pushed")
    }
  }
}
