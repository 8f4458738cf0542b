public import Engine
internal import Workflow

/// What `orch run` shows: lines that stay, and one live line for each worker, as values.
public struct RunScreen: Sendable {
  /// The longest live line, in characters.
  public static let maximumWidth = 100
  /// The longest title in a live line, in characters.
  static let maximumTitleLength = 30
  /// The longest phase, in characters.
  static let maximumPhaseLength = 60

  /// Someone at work.
  private struct Live: Sendable {
    var title: String
    var agent: String
    var phase: String
    var costUSD: Double?
    var since: Int
  }

  private var live: [String: Live] = [:]
  /// What was said last of steps that failed and are tried again.
  private var failed: [Effect: [String]] = [:]
  /// Errors as people read them.
  private let explain: @Sendable (any Error) -> String

  /// An empty screen; `explain` turns an error into a text of one or several lines.
  public init(explain: @escaping @Sendable (any Error) -> String) { self.explain = explain }

  /// Takes a report in; returns the lines that stay.
  ///
  /// `now` is in milliseconds since 1970. On a terminal the live lines tell of steps that begin, so that these are no lines of their own.
  public mutating func take(_ report: RunReport, now: Int, isTerminal: Bool) -> [String] {
    switch report {
    case .began(let effect, let title):
      var entry = live[effect.task] ?? Live(title: title, agent: "", phase: "", since: now)
      entry.phase = effect.liveWords
      live[effect.task] = entry
      // Checks may take long: whoever reads a log wants to know what is waited for.
      guard case .pullRequest(_, .runChecks) = effect, !isTerminal else { return [] }
      return [Self.line(effect.task, "checks begin", title)]
    case .ended(let effect, _):
      live[effect.task] = nil
      failed[effect] = nil
      return []
    case .failed(let effect, let title, let error): return take(error, of: effect, title)
    case .recorded(let happening):
      failed = failed.filter { $0.key.task != happening.task }
      // Every attempt begins with that.
      return happening.kind == "task.claimed" ? [] : Self.lines(happening)
    case .note(let text): return [text]
    case .remoteReached: return ["the remote is there again"]
    case .remoteUnreachable(SyncError.notTheArbiter(let remote)):
      return [
        "'\(remote)' does not keep the claims of this state: work waits",
        "  if no other remote does: orch sync --elect",
      ]
    case .remoteUnreachable(SyncError.refusedByRemote(let remote, let detail)):
      return ["'\(remote)' does not take the state: what is done here waits to be told"]
        + detail.split(separator: "\n").prefix(1).map { "  \($0)" }
    case .remoteUnreachable(let error):
      let reason = TaskText.firstLine(explain(error))
      let bare = reason.hasPrefix("error: ") ? String(reason.dropFirst("error: ".count)) : reason
      // It answered, and what it said is of no use.
      let isThere = (error as? any PassingError)?.passes == false
      return [
        isThere
          ? "what is at the remote cannot be seen: \(bare)"
          : "the remote cannot be reached: \(bare)"
      ]
    case .remoteWaits(let until, let error):
      return [
        "\(TaskText.firstLine(explain(error))): what needs them waits until \(Timestamp.text(until))"
      ]
    case .diskFull(let error):
      let reasons = explain(error).split(separator: "\n").map { "  " + $0 }
      return ["a disk is full: everything waits until there is room"] + reasons
    case .diskHasRoom: return ["there is room on the disk again"]
    case .progress(let task, let title, let attempt, let text):
      var entry =
        live[task] ?? Live(title: title, agent: "", phase: "", since: attempt.startedAt)
      entry.agent = attempt.agent
      entry.phase = String(text.prefix(Self.maximumPhaseLength))
      entry.costUSD = attempt.costUSD
      live[task] = entry
      return []
    }
  }

  /// What failed, once for all the tries that come to the same while nothing happens to the task.
  private mutating func take(_ error: any Error, of effect: Effect, _ title: String) -> [String] {
    live[effect.task] = nil
    let reasons = explain(error).split(separator: "\n").map { "  " + $0 }
    let lines = [Self.line(effect.task, "could not \(effect.words)", title)] + reasons
    defer { failed[effect] = lines }
    return failed[effect] == lines ? [] : lines
  }

  private static func line(_ task: String, _ words: String, _ title: String) -> String {
    "\(task.prefix(6)) \(words): \(BriefText.cut(title, BriefText.titleBytes))"
  }

  /// What was recorded in a line, and a second one where a person has to know why.
  private static func lines(_ happening: Happening) -> [String] {
    let remark = happening.detail.map { " (\($0))" } ?? ""
    let first = line(happening.task, happening.verb, happening.title) + remark
    guard let reason = happening.reason, needsReason.contains(happening.kind) else {
      return [first]
    }
    return [first, "  " + BriefText.cut(reason, BriefText.questionBytes)]
  }

  /// The events whose reason a person wants to see at once.
  private static let needsReason: Set<String> = [
    "attempt.failed", "attempt.interrupted", "task.blocked", "task.needs_review", "task.cancelled",
    "message.sent", "pr.merge_refused", "pr.closed", "pr.rejected", "worktree.removed",
  ]

  /// Forgets who is at work.
  public mutating func clear() { live = [:] }

  /// One line for each task at work: name, title, agent, time, cost, phase.
  public func liveLines(now: Int) -> [String] {
    live.sorted { $0.key < $1.key }.map { task, live in
      let time = Timestamp.duration(now - live.since)
      let cost = live.costUSD.map { " $\(Budget.text($0))" } ?? ""
      let text =
        "\(task.prefix(6)) \(live.title.prefix(Self.maximumTitleLength))  "
        + "\(live.agent) \(time)\(cost)  \(live.phase)"
      return String(text.filter { $0 >= " " }.prefix(Self.maximumWidth))
    }
  }
}
