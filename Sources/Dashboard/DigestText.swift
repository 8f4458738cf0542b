internal import Engine
public import Workflow

/// A finished phase in one text: what an agent keeps when it forgets the rest.
public enum DigestText {
  /// The longest digest, in bytes.
  public static let maximumBytes = 6144
  /// The longest summary of one task, in bytes.
  static let summaryBytes = 200

  /// The digest of tasks that changed, and of lessons that came or went; nil if nothing did.
  public static func text(
    of tasks: [TaskView], lessons: [Lesson], heading: String
  ) -> String? {
    guard !tasks.isEmpty || !lessons.isEmpty else { return nil }
    let ordered = tasks.sorted { ($0.updatedAt, $0.id) < ($1.updatedAt, $1.id) }
    var lines = BoundedLines(limit: maximumBytes - 300)
    lines.add([heading, total(tasks)])
    let open = ordered.filter { !$0.status.isTerminal }.map(TaskSummary.init)
    let waiting = open.filter { !$0.questions.isEmpty || isForPerson($0) }
    section("waits for a decision", waiting.flatMap(decision), &lines)
    section("done", ordered.filter { $0.status == .done }.map(done), &lines)
    section(
      "cancelled", ordered.filter { $0.status == .cancelled }.map { BriefText.row(.init($0)) },
      &lines)
    let going = open.filter { $0.questions.isEmpty && !isForPerson($0) }
    section("goes on by itself", going.map(BriefText.row), &lines)
    section("lessons", lessons.map(lesson), &lines)
    return lines.text
  }

  private static func isForPerson(_ task: TaskSummary) -> Bool {
    task.status == .needsReview || task.status == .blocked
  }

  private static func decision(_ task: TaskSummary) -> [String] {
    BriefText.questions(task) + (isForPerson(task) ? [BriefText.row(task)] : [])
  }

  private static func section(
    _ name: String, _ rows: [String], _ lines: inout BoundedLines
  ) {
    guard !rows.isEmpty else { return }
    lines.add(["\(name) \(rows.count):"])
    let shown = lines.add(rows.map { "- " + $0 })
    if shown < rows.count { lines.add(["- … and \(rows.count - shown) more"]) }
  }

  private static func done(_ task: TaskView) -> String {
    let summary = task.result?.summary ?? task.reason ?? ""
    let tries = task.attempts.count > 1 ? ", \(task.attempts.count) attempts" : ""
    let commit = task.pullRequest?.mergedAs.map { ", \($0.prefix(8))" } ?? ""
    let text = summary.isEmpty ? "" : " — \(BriefText.cut(summary, summaryBytes))"
    return "\(task.id.prefix(6)) \(BriefText.cut(task.title, BriefText.titleBytes))"
      + "\(commit)\(tries)\(text)"
  }

  private static func lesson(_ lesson: Lesson) -> String {
    let state = lesson.retiredBecause.map { " (retired: \($0))" } ?? ""
    return "\(lesson.id.prefix(6)) \(BriefText.cut(lesson.text, summaryBytes))\(state)"
  }

  private static func total(_ tasks: [TaskView]) -> String {
    var counts: [TaskStatus: Int] = [:]
    for task in tasks { counts[task.status, default: 0] += 1 }
    let attempts = tasks.reduce(0) { $0 + $1.attempts.count }
    let failed = tasks.reduce(0) { sum, task in sum + task.attempts.count { $0.failure != nil } }
    let cost = tasks.reduce(0) { $0 + $1.costUSD }
    return BriefText.counts(counts) + "; \(attempts) attempts, \(failed) failed, "
      + "$\(Budget.text(cost))"
  }
}
