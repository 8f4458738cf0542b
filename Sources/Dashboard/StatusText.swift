public import Engine
internal import Workflow

/// Where everything stands, most urgent first.
public enum StatusText {
  /// The most tasks of one group that are listed.
  public static let maximumListed = TaskFront.leadingCount
  /// The same with `--brief`.
  public static let maximumListedBrief = 5

  private static let order: [TaskStatus] = [
    .needsReview, .blocked, .inProgress, .inReview, .routed, .new,
  ]

  /// The text of `orch status`.
  public static func text(_ front: TaskFront, brief: Bool, now: Int) -> String {
    let summary = TaskStatus.allCases.compactMap { status in
      front.counts[status].map { "\($0) \(status.words)" }
    }
    guard !summary.isEmpty else { return "no tasks yet: orch task add \"…\"" }
    var lines = [summary.joined(separator: ", ")] + questions(front, brief: brief)
    for status in order {
      guard let tasks = front.leading[status], let count = front.counts[status] else { continue }
      if !brief { lines.append("") }
      let most = brief ? maximumListedBrief : maximumListed
      lines.append(TextTable.lines(tasks.prefix(most).map { row($0, now: now) }))
      if count > most { lines.append("… and \(count - most) more \(status.words)") }
    }
    return lines.joined(separator: "\n")
  }

  /// What workers ask and nobody has answered: the most urgent of all.
  private static func questions(_ front: TaskFront, brief: Bool) -> [String] {
    let lines = front.asking.flatMap { task in
      task.questions.map { question in
        "\(task.id.prefix(6)) asks: \(question.text)"
          + " (orch msg answer \(task.id.prefix(6)) \(question.number) \"…\")"
      }
    }
    guard !lines.isEmpty else { return [] }
    return (brief ? [] : [""]) + lines.prefix(brief ? maximumListedBrief : maximumListed)
  }

  private static func row(_ task: TaskSummary, now: Int) -> [String] {
    let time = task.startedAt.map { ", \(Timestamp.duration(now - $0))" } ?? ""
    let title = BriefText.cut(task.title, BriefText.titleBytes)
    // What is asked stands above, with the command that answers it.
    let isAsked = task.questions.contains { $0.text == task.detail }
    let detail = isAsked ? "" : task.detail
    return [String(task.id.prefix(6)), task.status.words, title, detail + time]
  }
}
