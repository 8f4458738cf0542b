internal import Engine
internal import JSON
internal import Workflow

/// Where everything stands, most urgent first.
enum StatusText {
  /// The most tasks of one group that are listed.
  static let maximumListed = 20
  /// The same with `--brief`.
  static let maximumListedBrief = 5

  private static let order: [TaskStatus] = [
    .needsReview, .blocked, .inProgress, .inReview, .routed, .new,
  ]

  /// The text of `orch status`.
  static func text(_ views: [String: TaskView], brief: Bool, now: Int) -> String {
    let counts = counts(views)
    let summary = TaskStatus.allCases.compactMap { status in
      counts[status].map { "\($0) \(status.words)" }
    }
    guard !summary.isEmpty else { return "no tasks yet: orch task add \"…\"" }
    var lines = [summary.joined(separator: ", ")] + questions(views, brief: brief)
    for status in order {
      let tasks = Planner.order(views.filter { $0.value.status == status })
      guard !tasks.isEmpty else { continue }
      if !brief { lines.append("") }
      let most = brief ? maximumListedBrief : maximumListed
      let rows = tasks.prefix(most).map { row($0, now: now) }
      lines.append(
        brief ? rows.map { $0.joined(separator: " ") }.joined(separator: "\n") : Output.table(rows))
      if tasks.count > most { lines.append("… and \(tasks.count - most) more \(status.words)") }
    }
    return lines.joined(separator: "\n")
  }

  /// What workers ask and nobody has answered: the most urgent of all.
  private static func questions(_ views: [String: TaskView], brief: Bool) -> [String] {
    let asking = Planner.order(views.filter { !$0.value.openQuestions.isEmpty })
    let lines = asking.flatMap { task in
      task.openQuestions.map { question in
        let number = (task.messages.firstIndex(of: question) ?? 0) + 1
        return "\(task.id.prefix(6)) asks: \(TaskText.firstLine(question.text))"
          + " (orch msg answer \(task.id.prefix(6)) \(number) \"…\")"
      }
    }
    guard !lines.isEmpty else { return [] }
    return (brief ? [] : [""]) + lines.prefix(brief ? maximumListedBrief : maximumListed)
  }

  /// The object of `orch status --json`.
  static func json(_ views: [String: TaskView]) -> JSONValue {
    let counts = counts(views)
    let open = Planner.order(views.filter { !$0.value.status.isTerminal })
    return [
      "counts": .object(
        Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, .number($0.value)) })),
      "open": .array(open.map(TaskOutput.json)),
      "questions": .array(
        open.flatMap { task in task.openQuestions.map { MessageText.json($0, of: task) } }),
      "cost_usd": .double(views.values.reduce(0) { $0 + $1.costUSD }),
    ]
  }

  private static func counts(_ views: [String: TaskView]) -> [TaskStatus: Int] {
    views.values.reduce(into: [:]) { $0[$1.status, default: 0] += 1 }
  }

  private static func row(_ task: TaskView, now: Int) -> [String] {
    var detail = ""
    switch task.status {
    case .inProgress:
      if let attempt = task.attempts.last {
        let time = Timestamp.duration(now - attempt.startedAt)
        detail = "\(attempt.agent), attempt \(attempt.number), \(time)"
      }
    case .inReview: detail = task.pullRequest.map(TaskText.pullRequest) ?? ""
    case .needsReview, .blocked: detail = TaskText.firstLine(task.reason ?? "")
    case .new, .routed, .done, .cancelled: detail = task.route?.executor ?? ""
    }
    return [String(task.id.prefix(6)), task.status.words, task.title, detail]
  }
}
