/// What to do now, and what waits for what.
public struct Plan: Sendable {
  /// What to begin now, most urgent first.
  public var effects: [Effect] = []
  /// The tasks that wait.
  public var waiting: [String: WaitReason] = [:]

  /// True if nothing can happen without a person or another machine.
  public var isIdle: Bool {
    effects.isEmpty
      && waiting.values.allSatisfy {
        switch $0 {
        case .person, .stopping, .dependency, .children, .dayBudget, .pinned: true
        case .slot, .queue, .remote, .elsewhere, .arbiter: false
        case .pullRequest(let wait): wait.needsPerson
        case .agent(_, let until): until == nil
        }
      }
  }
}
