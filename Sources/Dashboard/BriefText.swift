public import Engine
public import Workflow

/// What an agent in the orchestrator's seat reads: bounded, most urgent first, and the same words for the same state.
///
/// No text depends on the clock, so two looks at one state are equal byte by byte.
public enum BriefText {
  /// The most lines of tasks in one answer.
  public static let maximumRows = 20
  /// The most tasks of one status while others wait to be shown too.
  public static let maximumOfGroup = 5
  /// The longest title in a line, in bytes.
  public static let titleBytes = 72
  /// The longest reason in a line, in bytes.
  public static let detailBytes = 96
  /// The longest question in a line, in bytes.
  public static let questionBytes = 240
  /// The longest text of one task's facts, in bytes.
  static let factBytes = 320
  /// What an answer never exceeds, in bytes: about a thousand tokens.
  public static let maximumBytes = 4096

  /// The line that ends an answer: what the next call gives back to see only what came later.
  public static func cursorLine(_ cursor: String) -> String { "cursor \(cursor)" }

  /// An answer to `--since` when nothing is worth a line.
  public static func nothingNew(_ cursor: String) -> String { "nothing new\n" + cursorLine(cursor) }

  /// How things stand.
  public static func status(_ front: TaskFront, cursor: String) -> String {
    guard front.total > 0 else { return "no tasks yet\n" + cursorLine(cursor) }
    var lines = BoundedLines(limit: maximumBytes - 100)
    lines.add([counts(front.counts)])
    let asking = front.asking.flatMap(questions)
    lines.add(Array(asking.prefix(maximumOfGroup)))
    if asking.count > maximumOfGroup {
      lines.add(["… and \(asking.count - maximumOfGroup) more questions: orch msg list --new"])
    }
    for status in order {
      guard let tasks = front.leading[status], let count = front.counts[status] else { continue }
      let shown = lines.add(tasks.prefix(maximumOfGroup).map(row))
      if count > shown { lines.add(["… and \(count - shown) more \(status.words)"]) }
    }
    return lines.text + "\n" + cursorLine(cursor)
  }

  /// What changed, as pairs of what was and what is; pairs that read the same are left out.
  ///
  /// Nil if nothing is worth a line.
  public static func changes(_ changes: [TaskDifference]) -> String? {
    let visible = changes.filter(\.isVisible).sorted {
      ($0.urgency, $0.now.createdAt, $0.now.id) < ($1.urgency, $1.now.createdAt, $1.now.id)
    }
    guard !visible.isEmpty else { return nil }
    var lines = BoundedLines(limit: maximumBytes - 100)
    var shown = 0
    for change in visible.prefix(maximumRows) {
      let rows = newQuestions(change) + (change.isMoved ? [row(change.now)] : [])
      guard lines.add(rows) == rows.count else { break }
      shown += 1
    }
    if shown < visible.count {
      lines.add(["… and \(visible.count - shown) more changed: orch status --brief"])
    }
    return lines.text
  }

  /// One task in a line.
  static func row(_ task: TaskSummary) -> String {
    let detail = task.detail.isEmpty ? "" : " (\(cut(task.detail, detailBytes)))"
    return "\(task.id.prefix(6)) \(task.status.words): \(cut(task.title, titleBytes))\(detail)"
  }

  static func questions(_ task: TaskSummary) -> [String] {
    task.questions.map { question in
      "\(task.id.prefix(6)) asks: \(cut(question.text, questionBytes))"
        + " (orch msg answer \(task.id.prefix(6)) \(question.number) \"…\")"
    }
  }

  private static func newQuestions(_ change: TaskDifference) -> [String] {
    let known = Set(change.before?.questions.map(\.number) ?? [])
    var task = change.now
    task.questions.removeAll { known.contains($0.number) }
    return questions(task)
  }

  static func counts(_ counts: [TaskStatus: Int]) -> String {
    TaskStatus.allCases.compactMap { status in counts[status].map { "\($0) \(status.words)" } }
      .joined(separator: ", ")
  }

  /// Statuses that are not over, most urgent first.
  public static let order: [TaskStatus] = [
    .needsReview, .blocked, .inProgress, .inReview, .routed, .new,
  ]

  /// A text on one line, cut between characters, with a mark where it was cut.
  public static func cut(_ text: String, _ bytes: Int) -> String {
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard line.utf8.count > bytes else { return line }
    return TextBound.prefix(line, bytes: bytes - 3) + "…"
  }
}

/// A task as it was when somebody looked last, and as it is.
public struct TaskDifference: Sendable {
  /// Nil if it did not exist.
  public let before: TaskSummary?
  /// As it is.
  public let now: TaskSummary

  /// Both.
  public init(before: TaskSummary?, now: TaskSummary) {
    self.before = before
    self.now = now
  }

  /// True if its line reads otherwise than before.
  var isMoved: Bool { before.map(BriefText.row) != BriefText.row(now) }

  /// True if it is worth a line; of a look back, only what came of it is.
  var isVisible: Bool {
    if now.kind == .retrospective {
      let results = ["learned ", "proposed ", "confirmed "]
      return isMoved && now.status == .done && results.contains(where: now.detail.hasPrefix)
    }
    let known = Set(before?.questions.map(\.number) ?? [])
    return isMoved || now.questions.contains { !known.contains($0.number) }
  }

  /// Lower goes first: what a person must see to, then what ended, then what goes on by itself.
  var urgency: Int {
    if !now.questions.isEmpty { return 0 }
    return switch now.status {
    case .needsReview: 1
    case .blocked: 2
    case .done: 3
    case .cancelled: 4
    case .inReview: 5
    case .inProgress: 6
    case .routed: 7
    case .new: 8
    }
  }
}

/// Lines that together stay below a number of bytes.
struct BoundedLines {
  private(set) var lines: [String] = []
  private var room: Int

  init(limit: Int) { room = limit }

  /// Adds what fits; returns how many lines that were.
  @discardableResult
  mutating func add(_ more: [String]) -> Int {
    var count = 0
    for line in more {
      guard line.utf8.count + 1 <= room else { break }
      room -= line.utf8.count + 1
      lines.append(line)
      count += 1
    }
    return count
  }

  var text: String { lines.joined(separator: "\n") }
}
