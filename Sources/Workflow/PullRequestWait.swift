/// Why nothing is done for a pull request right now.
public enum PullRequestWait: Sendable, Hashable {
  /// Checks have not ended.
  case checks
  /// A worker is at it.
  case worker(token: Int)
  /// Another pull request is being merged into the same base.
  case turn
  /// The base fails in the same checks.
  case base(checks: [String])
  /// Whether the base fails too is not known yet.
  case baseVerdict(checks: [String])
  /// The reviewing agent was asked.
  case reviewer
  /// A reviewer's verdict stands against it.
  case objection(reviewers: [String])
  /// Nobody has approved it.
  case approval
  /// It is held by something that a person can change.
  case hold(MergeHold)
  /// Its author keeps it from everybody for now; the text says how.
  case leftAlone(String)
  /// A person was asked.
  case person(String)
  /// The look was taken before the last event: it says nothing new.
  case staleLook

  /// True if nothing can happen without a person, or another machine.
  public var needsPerson: Bool {
    switch self {
    case .hold(let hold): hold != .unknownMergeability
    case .base, .objection, .approval, .leftAlone, .person: true
    case .checks, .worker, .turn, .baseVerdict, .reviewer, .staleLook: false
    }
  }

  /// The reason for a person.
  public var sentence: String {
    switch self {
    case .checks: "waits for its checks"
    case .worker(let token): "a worker is at it (attempt token \(token))"
    case .turn: "waits for another merge into the same base"
    case .base(let checks): "waits for the base, which fails too: " + checks.joined(separator: ", ")
    case .baseVerdict(let checks):
      "waits to hear whether the base fails too: " + checks.joined(separator: ", ")
    case .reviewer: "waits for the reviewing agent"
    case .objection(let reviewers):
      "waits for another review of " + reviewers.joined(separator: ", ")
    case .approval: "ready; waits for a person's approval"
    case .hold(let hold): hold.sentence
    case .leftAlone(let reason): "is left alone: \(reason)"
    case .person(let text): text
    case .staleLook: "the look is older than the last event"
    }
  }
}
