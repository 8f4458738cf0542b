internal import Agents
internal import Engine
internal import GitState

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The orchestrator of a repository in the background: begun, and asked to end.
///
/// Who it is and whether it runs is read off the lock. It is asked over the bell, so that no number of a process
/// that may be another's by now is ever sent a signal.
struct Background {
  /// How often the lock is looked at, in milliseconds.
  static let lookMilliseconds = 50
  /// How long a new orchestrator may take until it has the lock, in milliseconds.
  static let startMilliseconds = 60_000
  /// How often one that is to end is told so again, in milliseconds: its bell may not have hung yet.
  static let ringMilliseconds = 1000

  private let session: Session
  private let folder: LocalFolder
  /// What the orchestrator says.
  let log: RunLog

  /// The background of a repository; throws `StateError.file`.
  init(_ session: Session) throws {
    self.session = session
    folder = try LocalFolder(commonDirectory: session.commonDirectory)
    log = RunLog(session.commonDirectory)
  }

  /// The orchestrator that runs; nil if none does.
  var running: RunHolder? { RunHolder.running(session.commonDirectory) }

  /// The options of the orchestrator that runs or ran last.
  var lastWords: [String] { RunHolder.last(session.commonDirectory)?.words ?? [] }

  /// Begins an orchestrator with these options unless one runs; returns when it has its lock.
  ///
  /// Two that begin one at once begin one. Throws `CommandError` with what it said if it ended.
  func start(_ words: [String]) async throws -> (holder: RunHolder, isNew: Bool) {
    let turn = try FileLock(path: folder.path + "/start.lock")
    let result = try await begin(words)
    turn.release()
    return result
  }

  private func begin(_ words: [String]) async throws -> (holder: RunHolder, isNew: Bool) {
    if RunHolder.isHeld(session.commonDirectory) { return (await described(), false) }
    log.turn()
    let begin = log.size
    let program = try BackgroundProgram(
      [try Composition.ownProgram(), "run", "--background"] + words, in: session.repository,
      environment: environment, log: log.path)
    let deadline = Session.clock() + Self.startMilliseconds
    while Session.clock() < deadline {
      if let holder = running, holder.process == Int(program.process) { return (holder, true) }
      if let code = program.exitCode() {
        // Somebody else was first, in a terminal.
        if RunHolder.isHeld(session.commonDirectory) { return (await described(), false) }
        throw ended(code, log.text(from: begin))
      }
      try await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
    }
    throw CommandError(
      "orch was started and has not begun yet", causes: ["process \(program.process) is at work"],
      hints: ["see what it says: \(log.path)"], code: .busy)
  }

  /// The environment without what says that this process belongs to a command or to a conversation: it is not to end
  /// with them.
  private var environment: [String: String] {
    Environment.all.filter { $0.key != ShellCommand.markVariable && $0.key != "ORCH_SEAT" }
  }

  /// Asks the orchestrator that runs to end, and waits; nil if none runs.
  ///
  /// With `now` it leaves its workers running. `seconds` is how long it may take. Throws `CommandError` if it takes longer.
  func stop(now: Bool, seconds: Int) async throws -> RunHolder? {
    guard RunHolder.isHeld(session.commonDirectory) else { return nil }
    let holder = await described()
    let deadline = Session.clock() + seconds * 1000
    var rungAt = 0
    // Another one that took its place is not the one that was to end.
    while let present = running, present == holder {
      if Session.clock() - rungAt >= Self.ringMilliseconds {
        Bell.ring(folder.path + "/bell", now ? .leave : .stop)
        rungAt = Session.clock()
      }
      guard Session.clock() < deadline else {
        throw CommandError(
          "orch has not ended within \(seconds) s", causes: [holder.sentence],
          hints: [
            "wait for it: orch stop --timeout 3600", "leave its workers running: orch stop --now",
          ],
          code: .busy)
      }
      try await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
    }
    return holder
  }

  /// The description of the orchestrator that holds the lock: it is written an instant after the lock is taken.
  private func described() async -> RunHolder {
    if let holder = running { return holder }
    try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
    return running ?? RunHolder(process: 0, host: "", since: Session.clock())
  }

  private func ended(_ code: Int32, _ text: String) -> CommandError {
    let lines = text.split(separator: "\n").map(String.init)
    let sentence = lines.last { $0.hasPrefix("error: ") }.map { String($0.dropFirst(7)) }
    let causes = lines.filter { $0.hasPrefix("  because: ") }.map { String($0.dropFirst(11)) }
    let hints = lines.filter { $0.hasPrefix("hint: ") }.map { String($0.dropFirst(6)) }
    return CommandError(
      sentence ?? "orch ended as soon as it was started, with \(code)", causes: causes,
      hints: hints + ["all that it said: \(log.path)"],
      code: Report.Code(rawValue: code) ?? .couldNot)
  }
}
