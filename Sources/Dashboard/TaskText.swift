public import Engine
public import Workflow

/// Tasks as people read them.
public enum TaskText {
  /// One line of a list.
  public static func row(_ task: TaskSummary) -> [String] {
    let attempts = task.attemptCount == 0 ? "-" : "\(task.attemptCount)"
    return [String(task.id.prefix(6)), task.status.words, task.agent ?? "-", attempts, task.title]
  }

  /// One line of a list.
  public static func row(_ task: TaskView) -> [String] { row(TaskSummary(task)) }

  /// Everything about one task; `heard` is what is known of the machine that it was given to.
  public static func long(_ task: TaskView, heard: String? = nil) -> String {
    var lines = ["\(task.id)  \(task.title)", ""]
    var facts: [[String]] = [["status", task.status.words]]
    // What a finished task is done for is its result, which stands below.
    if let reason = task.reason, reason != task.result?.summary || !task.status.isTerminal {
      facts.append(["because", firstLine(reason)])
    }
    if let command = wayOn(task) { facts.append(["to go on", command]) }
    if let given = Self.given(task) {
      facts.append(["machine", ([given] + [heard].compactMap { $0 }).joined(separator: ", ")])
    }
    facts.append(["kind", task.kind.rawValue])
    if let source = task.source { facts.append(["from", words(source)]) }
    if let name = task.watches { facts.append(["watches", name]) }
    if task.priority != 0 { facts.append(["priority", String(task.priority)]) }
    if !task.labels.isEmpty { facts.append(["labels", task.labels.joined(separator: ", ")]) }
    if let route = task.route {
      let model = route.model.map { " (\($0))" } ?? ""
      facts.append(["agent", "\(route.executor)\(model): \(route.reason)"])
    }
    if let parent = task.parent { facts.append(["parent", String(parent.prefix(6))]) }
    if !task.children.isEmpty { facts.append(["children", short(task.children)]) }
    if !task.after.isEmpty { facts.append(["after", short(task.after)]) }
    if let branch = task.branch { facts.append(["branch", branch]) }
    if let worktree = task.worktree, !task.isCleanedUp { facts.append(["worktree", worktree]) }
    if let request = task.pullRequest { facts.append(["pull request", request.line]) }
    if task.costUSD > 0 { facts.append(["cost", "$\(Budget.text(task.costUSD))"]) }
    facts.append(["created", Timestamp.text(task.createdAt)])
    facts.append(["updated", Timestamp.text(task.updatedAt)])
    lines.append(TextTable.lines(facts.map { ["  " + $0[0], $0[1]] }))
    if !task.body.isEmpty { lines += ["", task.body] }
    if !task.attempts.isEmpty { lines += ["", "attempts"] + task.attempts.map(attempt) }
    if let result = task.result { lines += ["", "result: \(result.summary)"] }
    return lines.joined(separator: "\n")
  }

  /// The command that lets a task go on that waits for a person; nil if it does not, or if its reason says it.
  static func wayOn(_ task: TaskView) -> String? {
    let id = task.id.prefix(6)
    guard task.standsStill, task.reason?.contains("orch task approve") != true else { return nil }
    if let question = task.openQuestions.last,
      let index = task.messages.firstIndex(where: { $0.id == question.id })
    {
      return "orch msg answer \(id) \(index + 1) \"…\""
    }
    return "orch task unblock \(id)"
  }

  /// To which machine a person gave a task that is not over; nil if any may work on it.
  static func given(_ task: TaskView) -> String? {
    task.status.isTerminal
      ? nil : task.pinnedHost.map { WaitReason.pinned(host: $0).sentence }
  }

  private static func words(_ source: TaskSource) -> String {
    switch source {
    case .commit: "a commit"
    case .push: "a commit that was pushed here"
    case .inbox: "the inbox: its text is not trusted"
    case .job: "a job"
    case .pullRequest: "a pull request of a person: its text is not trusted"
    }
  }

  private static func attempt(_ attempt: Attempt) -> String {
    let unknown = attempt.outcome == nil ? "running" : "its end was not recorded"
    let end = attempt.endedAt.map { Timestamp.duration($0 - attempt.startedAt) } ?? unknown
    let cost = attempt.costUSD.map { ", $\(Budget.text($0))" } ?? ""
    let outcome = attempt.outcome.map { ", \(words($0.rawValue))" } ?? ""
    let failure = attempt.failure.map { " (\(words($0.rawValue)))" } ?? ""
    let error = attempt.error.map { "\n       \(firstLine($0))" } ?? ""
    let head = attempt.head.map { " up to \($0.prefix(8))" } ?? ""
    let commits = attempt.commits == 0 ? "no commits" : count(attempt.commits, "commit") + head
    let outside = attempt.outside.map { "\n       outside: \($0)" }.joined()
    return "  \(attempt.number)  \(attempt.purpose.rawValue) by \(attempt.agent), \(end)"
      + "\(outcome)\(failure), \(commits)\(cost)\(error)\(outside)"
  }

  /// A number of things: "1 commit", "2 commits".
  public static func count(_ number: Int, _ thing: String) -> String {
    number == 1 ? "1 \(thing)" : "\(number) \(thing)s"
  }

  /// A stored name as words.
  private static func words(_ name: String) -> String {
    name.split(separator: "_").joined(separator: " ")
  }

  /// The first line of a text, bounded.
  public static func firstLine(_ text: String) -> String { TaskSummary.firstLine(text) }

  private static func short(_ ids: [String]) -> String {
    ids.map { String($0.prefix(6)) }.joined(separator: ", ")
  }
}
