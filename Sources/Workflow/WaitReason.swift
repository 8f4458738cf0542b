/// Why a task does not go on right now.
public enum WaitReason: Sendable, Hashable {
  /// All slots are taken.
  case slot
  /// Other tasks must be done first.
  case dependency([String])
  /// Its children are not over.
  case children
  /// A person must decide.
  case person(String)
  /// No agent can be given work until a time (milliseconds since 1970), if there is one.
  case agent(String, until: Int?)
  /// The day's money is spent.
  case dayBudget
  /// The remote cannot be reached.
  case remote
  /// Its pull request is waited with.
  case pullRequest(PullRequestWait)
  /// The orchestrator is stopping.
  case stopping

  /// The reason for a person.
  public var sentence: String {
    switch self {
    case .slot: "waits for a free slot"
    case .dependency(let tasks): "waits for \(tasks.map { $0.prefix(6) }.joined(separator: ", "))"
    case .children: "waits for its children"
    case .person(let reason): reason
    case .agent(let reason, _): reason
    case .dayBudget: "the day's budget is spent"
    case .remote: "the remote cannot be reached"
    case .pullRequest(let wait): wait.sentence
    case .stopping: "orch is stopping"
    }
  }
}
