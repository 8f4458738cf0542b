internal import Engine
public import Workflow

/// A pull request as people read it.
public enum PullRequestPage {
  /// A line for each task's pull request, below a heading; what the forge calls it is named if it has a name.
  public static func table(_ tasks: [TaskView]) -> String {
    let known = tasks.compactMap { task in task.pullRequest.map { (task, $0) } }
    let isNamed = known.contains { !$0.1.isLocal }
    var rows = [["task", "at the forge", "stands", "branch", "title"]]
    for (task, view) in known {
      let check = view.status == .failing ? view.failingCheck : nil
      rows.append([
        String(task.id.prefix(6)), view.isLocal ? "-" : view.id,
        check.map { "'\($0)' fails" } ?? view.status.words, task.branch ?? "", task.title,
      ])
    }
    if !isNamed { for index in rows.indices { rows[index].remove(at: 1) } }
    return TextTable.lines(rows)
  }

  /// Where it stands, what must be answered, and the end of what failed; with the policy of merging, also whom what
  /// is ready waits for.
  public static func lines(_ view: PullRequestView, policy: MergePolicy? = nil) -> [String] {
    var rows = [["pull request", view.line]]
    if let url = view.url, !url.isEmpty { rows.append(["page", url]) }
    rows.append(["base", String(view.targetBase.prefix(8)) + (view.isBehind ? ", moved" : "")])
    if view.status == .green {
      switch policy {
      case .never: rows.append(["waits for", "a person to merge it ('forge.merge: never')"])
      case .whenApproved where !view.isApproved:
        rows.append(["waits for", "a person's approval ('forge.merge: when-approved')"])
      case .whenApproved, .whenGreen, nil: break
      }
    }
    if let question = view.question { rows.append(["question", question.text]) }
    if !view.conflictFiles.isEmpty, view.isInConflict {
      rows.append(["conflicts", view.conflictFiles.joined(separator: ", ")])
    }
    for review in view.reviews {
      rows.append(["review", "\(review.reviewer): \(words(review.verdict))"])
    }
    for obligation in view.obligations.open {
      rows.append(["to answer", words(obligation)])
    }
    if let failure = view.lastFailure { rows.append(["last failure", failure]) }
    var lines = TextTable.lines(rows).split(separator: "\n").map(String.init)
    if view.evidence == false, let log = view.failureLog { lines += ["", log] }
    return lines
  }

  private static func words(_ verdict: Review.Verdict) -> String {
    verdict.rawValue.split(separator: "_").joined(separator: " ")
  }

  private static func words(_ obligation: Obligation) -> String {
    let told = obligation.tries == 0 ? "" : ", tried \(TaskText.count(obligation.tries, "time"))"
    switch obligation.subject {
    case .check(let name): return "check '\(name)' fails" + told
    case .review(_, let reviewer): return "the review of \(reviewer)" + told
    case .conflict: return "the conflict with the base" + told
    }
  }
}
