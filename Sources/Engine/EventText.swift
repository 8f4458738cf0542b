public import GitState
internal import JSON
internal import Workflow

/// Events of tasks as people and workers read them.
public enum EventText {
  /// The longest reason in a list, in characters.
  public static let maximumReasonLength = 200

  /// An event in one line without its time: "started (attempt 2, fixer)"; its reason has at most so many characters.
  public static func line(_ event: Event, reason limit: Int = maximumReasonLength) -> String {
    let remark = detail(of: event).map { " (\($0))" } ?? ""
    guard let message = event.message, !message.isEmpty else { return words(event) + remark }
    let text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    if let subject = subject(of: event, text) { return "\(words(event)) (\(subject))" }
    return words(event) + remark + ": " + text.prefix(limit)
  }

  private static func words(_ event: Event) -> String {
    if let kind = PullRequestEventKind(rawValue: event.kind), !isOfTask(event) {
      return kind.words
    }
    if let task = TaskEvent(rawValue: event.kind) { return task.verb ?? "checkpoint" }
    return switch event.kind {
    case "message.sent": "message from \(event.author)"
    case "task.claimed": "claimed"
    case "issue.reported": "the issue was told"
    case "issue.left": "the issue was closed or lost its label"
    case "issue.reopened": "the issue was opened again"
    case "pr.retargeted": "has another base"
    default: event.kind
    }
  }

  /// True if the event moved its task, as when a failing check is given to a worker.
  private static func isOfTask(_ event: Event) -> Bool {
    guard TaskEvent(rawValue: event.kind) != nil else { return false }
    return event.operations.contains {
      if case .state = $0 { true } else { false }
    }
  }

  /// What is given to a worker: the word says what it is to do, the reason before its last colon with what.
  private static func subject(of event: Event, _ reason: String) -> String? {
    let assigning = [TaskEvent.checksFailed.rawValue, TaskEvent.pullRequestConflicted.rawValue]
    guard assigning.contains(event.kind), isOfTask(event) else { return nil }
    let parts = reason.split(separator: ": ")
    return parts.count > 1 ? parts.dropLast().joined(separator: ": ") : nil
  }

  private static func detail(of event: Event) -> String? {
    var fields: [String: JSONValue] = [:]
    for case .set(let name, let value) in event.operations {
      let isAttempt = name.hasPrefix(Field.attempt)
      fields[isAttempt ? String(name.split(separator: ".").last ?? "") : name] = value
    }
    switch event.kind {
    case TaskEvent.attemptStarted.rawValue:
      let number = fields["start"]?["number"]?.int.map { "attempt \($0)" }
      return list([number, fields["start"]?["agent"]?.string])
    case TaskEvent.routed.rawValue: return fields["route"]?["executor"]?.string
    case PullRequestEventKind.checksFailed.rawValue where !isOfTask(event),
      PullRequestEventKind.checksRerun.rawValue:
      let runs = fields["pr.checks"]?[event.kind == "pr.failing" ? "failed" : "reruns"]?.array
      return list((runs ?? []).prefix(3).map { $0["name"]?.string })
    default:
      if let end = fields["end"] { return ending(end) }
      return event.author == "orch" || event.kind == "message.sent" ? nil : "by \(event.author)"
    }
  }

  /// What an attempt left.
  private static func ending(_ end: JSONValue) -> String? {
    let failure = end["failure"]?.string?.split(separator: "_").joined(separator: " ")
    return list([failure, end["commits"]?.int.map { $0 == 1 ? "1 commit" : "\($0) commits" }])
  }

  private static func list(_ parts: [String?]) -> String? {
    let parts = parts.compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
