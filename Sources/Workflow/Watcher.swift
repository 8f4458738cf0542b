/// Watches a pull request for its whole life: compares what a look sees with what is known.
///
/// A pure function. A look that sees nothing new brings no event, and one that is late is not listened to, so
/// looks may be lost, repeated or out of order.
public enum Watcher {
  /// What follows from a look; throws only if an event of its own is illegal, which is a fault in it.
  public static func decide(
    _ view: PullRequestView, _ look: Look, rules: PullRequestRules = PullRequestRules()
  ) throws(IllegalPullRequestEvent) -> WatchDecision {
    // Between the look and now, something was done: what it saw may be older than what is known.
    guard look.revision >= view.revision else {
      return WatchDecision(events: [], view: view, call: .wait(.staleLook))
    }
    var watching = Watching(view: view, look: look, rules: rules)
    try watching.compare()
    let call = try watching.settle()
    return WatchDecision(events: watching.events, view: watching.view, call: call)
  }
}
