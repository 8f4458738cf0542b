internal import Engine
public import Workflow

/// One task in a few lines.
extension BriefText {
  /// Everything about a task that somebody must know who decides about it, bounded.
  public static func task(_ task: TaskView, plan: String? = nil) -> String {
    var lines = BoundedLines(limit: maximumBytes - 100)
    let agent = task.attempts.last.map { ", \($0.agent), attempt \($0.number)" } ?? ""
    lines.add([
      "\(task.id.prefix(6)) \(task.status.words): \(cut(task.title, titleBytes))"
        + " (\(task.kind.rawValue)\(agent))"
    ])
    lines.add(questions(TaskSummary(task)).prefix(maximumOfGroup).map { $0 })
    lines.add(facts(task).map { "\($0.name): \(cut($0.text, factBytes))" })
    if let plan { lines.add(plan.split(separator: "\n").map(String.init)) }
    return lines.text
  }

  private static func facts(_ task: TaskView) -> [(name: String, text: String)] {
    var facts: [(name: String, text: String)] = []
    let standsStill = task.status == .needsReview || task.status == .blocked
    if standsStill, let reason = task.reason { facts.append(("because", reason)) }
    if task.openQuestions.isEmpty, let command = TaskText.wayOn(task) {
      facts.append(("to go on", command))
    }
    if let given = TaskText.given(task) { facts.append(("machine", given)) }
    let failed = task.attempts.last { $0.failure != nil }
    if let failed, !task.status.isTerminal {
      let kind = failed.failure?.rawValue ?? ""
      facts.append(("failed", "attempt \(failed.number), \(kind): \(failed.error ?? "")"))
    }
    if let checkpoint = task.checkpoint, !task.status.isTerminal {
      facts.append(("checkpoint", checkpoint))
    }
    if let request = task.pullRequest { facts.append(("pull request", request.line)) }
    if let result = task.result, !result.summary.isEmpty {
      facts.append(("result", result.summary))
    }
    if let remaining = task.result?.remaining, !remaining.isEmpty {
      facts.append(("remaining", remaining.joined(separator: "; ")))
    }
    if !task.after.isEmpty { facts.append(("after", short(task.after))) }
    if let parent = task.parent { facts.append(("part of", String(parent.prefix(6)))) }
    if !task.children.isEmpty { facts.append(("children", short(task.children))) }
    if task.costUSD > 0 { facts.append(("cost", "$\(Budget.text(task.costUSD))")) }
    return facts
  }

  private static func short(_ ids: [String]) -> String {
    ids.map { String($0.prefix(6)) }.joined(separator: ", ")
  }

  /// Messages, one a paragraph, bounded; `number` is what an answer names.
  public static func messages(
    _ messages: [(task: String, number: Int, message: Message)]
  ) -> String? {
    guard !messages.isEmpty else { return nil }
    var lines = BoundedLines(limit: maximumBytes - 200)
    var shown = 0
    for (task, number, message) in messages {
      let line =
        "\(task.prefix(6)) \(number) \(message.sender) asks: \(cut(message.text, messageBytes))"
      guard lines.add([line]) == 1 else { break }
      shown += 1
    }
    if shown < messages.count {
      lines.add(["… and \(messages.count - shown) more, when these are answered"])
    }
    lines.add(["answer with: orch msg answer TASK NUMBER \"…\""])
    return lines.text
  }

  /// The longest question of `msg list --new`, in bytes.
  static let messageBytes = 600
}
