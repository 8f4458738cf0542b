/// What follows from one look at a pull request.
public struct WatchDecision: Sendable, Hashable {
  /// What the look brought, in order: to be stored before anything is done, empty if nothing changed.
  public var events: [PullRequestEvent]
  /// The pull request after them.
  public var view: PullRequestView
  /// What it calls for then.
  public var call: PullRequestCall

  /// What is to be done now; empty if something must happen first.
  public var effects: [PullRequestEffect] {
    if case .act(let effect) = call { [effect] } else { [] }
  }

  /// Why nothing is done; nil if something is, or if it is over.
  public var wait: PullRequestWait? {
    if case .wait(let reason) = call { reason } else { nil }
  }
}
