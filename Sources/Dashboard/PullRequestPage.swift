internal import Engine
public import Workflow

/// A pull request as people read it.
public enum PullRequestPage {
  /// Where it stands, what must be answered, and the end of what failed.
  public static func lines(_ view: PullRequestView) -> [String] {
    var rows = [["pull request", view.line]]
    if let url = view.url, !url.isEmpty { rows.append(["page", url]) }
    rows.append(["base", String(view.targetBase.prefix(8)) + (view.isBehind ? ", moved" : "")])
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
    let told = obligation.tries == 0 ? "" : ", tried \(obligation.tries) times"
    switch obligation.subject {
    case .check(let name): return "check '\(name)' fails" + told
    case .review(_, let reviewer): return "the review of \(reviewer)" + told
    case .conflict: return "the conflict with the base" + told
    }
  }
}
