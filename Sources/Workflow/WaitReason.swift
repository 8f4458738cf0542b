/// Why a task does not go on right now.
public enum WaitReason: Sendable, Hashable {
  /// All slots are taken.
  case slot
  /// So many pull requests wait for their merge that nothing new is begun.
  case queue(Int)
  /// Other tasks must be done first.
  case dependency([String])
  /// Its children are not over.
  case children
  /// A person must decide.
  case person(String)
  /// No agent can be given work until a time (milliseconds since 1970); without one, this machine has none for it.
  case agent(String, until: Int?)
  /// The day's money is spent.
  case dayBudget
  /// The remote cannot be reached.
  case remote
  /// Its pull request is waited with.
  case pullRequest(PullRequestWait)
  /// The orchestrator is stopping.
  case stopping
  /// Another machine has it, until a time (milliseconds since 1970) if nothing is heard of that one.
  case elsewhere(host: String, until: Int?)
  /// A person gave it to another machine.
  case pinned(host: String)
  /// The remote that decides who works on what cannot be reached.
  case arbiter

  /// True if the task goes on by itself soon, so that its claim is kept meanwhile.
  public var isShort: Bool {
    switch self {
    case .remote, .pullRequest(.turn): true
    default: false
    }
  }

  /// True if it could begin at once if there were room.
  public var isForRoom: Bool {
    switch self {
    case .slot, .queue: true
    default: false
    }
  }

  /// The reason for a person.
  public var sentence: String {
    switch self {
    case .slot: "waits for a free slot"
    case .queue(let count):
      "waits for merges: \(count) pull requests are in the queue before it (workflow.max_waiting)"
    case .dependency(let tasks): "waits for \(tasks.map { $0.prefix(6) }.joined(separator: ", "))"
    case .children: "waits for its children"
    case .person(let reason): reason
    case .agent(let reason, let until):
      until == nil ? "this machine has no agent for it: \(reason)" : reason
    case .dayBudget: "the day's budget is spent"
    case .remote: "the remote cannot be reached"
    case .pullRequest(let wait): wait.sentence
    case .stopping: "orch is stopping"
    case .elsewhere(let host, let until): Self.elsewhere(host, until)
    case .pinned(let host): "was given to \(host)"
    case .arbiter: "the remote that keeps the claims cannot be reached"
    }
  }

  private static func elsewhere(_ host: String, _ until: Int?) -> String {
    guard let until else { return "held by \(host)" }
    let second = until / 1000 % 86_400
    let parts = [second / 3600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return "held by \(host) until \(parts.joined(separator: ":")) UTC if it stays silent"
  }
}
