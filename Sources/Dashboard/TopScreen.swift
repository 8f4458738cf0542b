internal import Engine
internal import Workflow

/// The screen of `orch top`: as many lines as a terminal has, most urgent first.
public enum TopScreen {
  /// The lines of a group that are shown before another group gets more than its first ones.
  static let fairShare = 4
  /// The fewest lines that a screen has.
  public static let minimumHeight = 8
  /// The longest title, in characters.
  static let titleWidth = 36

  /// A group of lines under a heading.
  private struct Group {
    let heading: String
    let lines: [String]
    /// How many more there are, of which nothing else is known.
    var others = 0

    /// The lines that it wants: one for all of those.
    var wanted: Int { lines.count + (others > 0 ? 1 : 0) }

    /// So many lines, the last of which says what they leave out.
    func shown(_ count: Int) -> [String] {
      if count >= lines.count, others == 0 { return lines }
      let kept = min(count - 1, lines.count)
      return lines.prefix(kept) + ["… and \(lines.count - kept + others) more"]
    }
  }

  /// The lines of a moment, at most `height` of them and none longer than `width` characters.
  public static func lines(_ view: TopView, width: Int, height: Int) -> [String] {
    let height = max(minimumHeight, height)
    var lines = head(view)
    let groups = groups(view).filter { $0.wanted > 0 }
    // A heading and an empty line before it; the last line of the screen is for the keys.
    let room = height - lines.count - 1 - 2 * groups.count
    for (group, count) in zip(groups, shares(groups.map(\.wanted), room)) where count > 0 {
      lines += ["", group.heading] + group.shown(count)
    }
    return lines.prefix(height - 1).map { cut($0, width) }
  }

  /// How many lines each group gets: all if there is room, else a fair share, the rest from the first on.
  static func shares(_ wanted: [Int], _ room: Int) -> [Int] {
    var room = max(0, room)
    var shares = wanted.map { wanted -> Int in
      let share = min(wanted, fairShare, room)
      room -= share
      return share
    }
    for index in wanted.indices {
      let more = min(room, wanted[index] - shares[index])
      shares[index] += more
      room -= more
    }
    return shares
  }

  private static func head(_ view: TopView) -> [String] {
    let counts = view.front.counts.isEmpty ? "no tasks yet" : BriefText.counts(view.front.counts)
    let cost = view.front.costUSD > 0 ? ", $\(Budget.text(view.front.costUSD))" : ""
    return [
      "\(view.project)  \(Timestamp.text(view.now))  \(counts)\(cost)",
      view.runner ?? "orch does not run on this machine: orch start",
    ]
  }

  private static func groups(_ view: TopView) -> [Group] {
    let front = view.front
    func group(_ heading: String, _ statuses: [TaskStatus]) -> Group {
      let tasks = statuses.flatMap { front.leading[$0] ?? [] }
      let count = statuses.reduce(0) { $0 + (front.counts[$1] ?? 0) }
      return Group(heading: heading, lines: tasks.map { row($0) }, others: count - tasks.count)
    }
    let done = front.newest.filter { $0.status == .done }.map { row($0) }
    return [
      Group(heading: "ASKED", lines: front.asking.flatMap(BriefText.questions)),
      group("FOR A PERSON", [.needsReview, .blocked]),
      Group(heading: "AT WORK", lines: view.workers.map { line($0, view.now) }),
      group("IN REVIEW", [.inReview]),
      group("NEXT", [.routed, .new]),
      Group(heading: "DONE", lines: done),
    ]
  }

  private static func row(_ task: TaskSummary) -> String {
    let title = padded(task.title)
    return "\(task.id.prefix(6))  \(title)  \(task.status.words)"
      + (task.detail.isEmpty ? "" : ": \(task.detail)")
  }

  private static func line(_ worker: TopView.Worker, _ now: Int) -> String {
    let host = worker.host.map { " on \($0)" } ?? ""
    let cost = worker.costUSD.map { " $\(Budget.text($0))" } ?? ""
    let attempt = worker.attempt > 1 ? " #\(worker.attempt)" : ""
    return "\(worker.task.prefix(6))  \(padded(worker.title))  \(worker.agent)\(attempt)\(host) "
      + "\(Timestamp.duration(now - worker.startedAt))\(cost)  \(worker.doing)"
  }

  private static func padded(_ title: String) -> String {
    let text = title.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard text.count <= titleWidth else { return text.prefix(titleWidth - 1) + "…" }
    return text + String(repeating: " ", count: titleWidth - text.count)
  }

  private static func cut(_ line: String, _ width: Int) -> String {
    let line = line.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count <= width ? line : line.prefix(max(1, width) - 1) + "…"
  }
}
