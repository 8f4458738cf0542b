public import Engine
internal import Workflow

/// A plan that waits for a yes or a no.
public enum PlanText {
  /// The longest line of one piece where room is short, in bytes.
  static let pieceBytes = 140

  /// A line for each piece and each remark.
  public static func brief(_ stored: StoredPlan) -> String {
    var lines = ["plan of \(stored.plan.tasks.count):"]
    for (index, task) in stored.plan.tasks.enumerated() {
      lines.append("\(index + 1) \(BriefText.cut(task.title, pieceBytes))\(order(task))")
    }
    lines += stored.remarks.map { "mind: \(BriefText.cut($0, pieceBytes))" }
    return lines.joined(separator: "\n")
  }

  /// The same with every piece in full.
  public static func long(_ stored: StoredPlan) -> String {
    var lines = ["plan"]
    for (index, task) in stored.plan.tasks.enumerated() {
      let agent = task.agent.map { ", by \($0)" } ?? ""
      let labels = task.labels.isEmpty ? "" : " [\(task.labels.joined(separator: ", "))]"
      lines.append("\n  \(index + 1)  \(task.title)\(order(task))\(agent)\(labels)")
      lines += task.body.split(separator: "\n", omittingEmptySubsequences: false).map {
        $0.isEmpty ? "" : "     " + $0
      }
    }
    if !stored.remarks.isEmpty {
      lines += ["", "mind"] + stored.remarks.map { "  " + $0 }
    }
    if let spec = stored.spec { lines += ["", "specification", "", spec] }
    return lines.joined(separator: "\n")
  }

  private static func order(_ task: PlannedTask) -> String {
    guard !task.after.isEmpty else { return "" }
    return " (after \(task.after.map { String($0 + 1) }.joined(separator: ", ")))"
  }
}
