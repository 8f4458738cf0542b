/// Whose turn it is to be brought onto each base, checked and merged.
///
/// Each merge moves the base for all others, and evidence is the pair of head and base: of those that orch
/// merges by itself, only one at a time is on its way into a base. It is the most urgent one, and of equally
/// urgent ones the one that has come furthest. All others are kept up to date as they are. One whose checks do not
/// end keeps the others waiting for `Limits.turnMilliseconds` and no longer.
struct MergeTurns {
  /// What each look calls for by itself.
  let watched: [String: WatchDecision]
  /// What each look calls for where it is another one's turn.
  private(set) var decisions: [String: WatchDecision]

  init(_ world: World, ordered: [TaskView]) {
    let tasks = ordered.filter { $0.pullRequest != nil && $0.isWatched }
    watched = Dictionary(
      uniqueKeysWithValues: tasks.compactMap { task in
        Self.decide(task, world, hasTurn: true).map { (task.id, $0) }
      })
    decisions = watched
    var taken = Set(
      world.running.filter(\.isOnTheWayToMerge).compactMap { world.tasks[$0.task]?.base })
    let candidates = tasks.enumerated().compactMap { index, task in
      distance(task, world).map { (task: task, key: (-task.priority, $0, index)) }
    }
    for candidate in candidates.sorted(by: { $0.key < $1.key }) {
      guard let base = candidate.task.base, !taken.insert(base).inserted else { continue }
      decisions[candidate.task.id] = Self.decide(candidate.task, world, hasTurn: false)
    }
  }

  /// How far one that merges itself is from its merge; nil if it is not on its way there now.
  private func distance(_ task: TaskView, _ world: World) -> Int? {
    guard task.status == .inReview, let decision = watched[task.id],
      world.rules.policy.mergesItself(decision.view)
    else { return nil }
    let waited = world.now - (decision.view.pendingTime.since ?? world.now)
    let isPatient = waited <= world.rules.limits.turnMilliseconds
    // What is new of it was not looked at yet, as where another machine is at it: its turn is not over by that.
    if decision.call == .wait(.staleLook) { return distance(decision.view, isPatient, world) }
    switch decision.call {
    case .act(.merge): return 0
    case .wait(.checks): return isPatient ? 1 : nil
    case .act(.runChecks): return 2
    case .act(.rebase): return 3
    case .act, .wait, .ask, .rest: return nil
    }
  }

  /// The same for one of which only the record is known.
  private func distance(_ view: PullRequestView, _ isPatient: Bool, _ world: World) -> Int? {
    switch view.status {
    case .green, .approved, .merging: 0
    case .open where world.rules.runsChecks: 2
    case .open: isPatient ? 1 : nil
    case .behind: 3
    case .rebasing, .conflicted, .failing, .repairing, .escalated, .merged, .closed: nil
    }
  }

  /// True if it waits for the merges of others; before it is looked at (again), as far as its record says.
  func isQueued(_ task: TaskView, _ world: World) -> Bool {
    guard task.status == .inReview, let view = task.pullRequest else { return false }
    switch decisions[task.id]?.call {
    case .wait(.turn): return true
    case .wait(.staleLook), nil:
      return world.rules.policy.mergesItself(view) && distance(view, true, world) != nil
    case .act, .wait, .ask, .rest: return false
    }
  }

  private static func decide(
    _ task: TaskView, _ world: World, hasTurn: Bool
  ) -> WatchDecision? {
    guard let view = task.pullRequest, var look = world.looks[task.id] else { return nil }
    look.hasTurn = hasTurn
    // The watcher's own events are legal by its tests; a look that it cannot use is as good as none.
    return try? Watcher.decide(view, look, rules: world.rules)
  }
}

extension MergePolicy {
  /// True if orch merges a pull request by itself once it is green.
  func mergesItself(_ view: PullRequestView) -> Bool {
    switch self {
    case .never: false
    case .whenApproved: view.isApproved
    case .whenGreen: true
    }
  }
}

extension TaskView {
  /// True if its pull request is neither merged nor closed.
  public var hasOpenPullRequest: Bool {
    guard let request = pullRequest else { return false }
    return request.mergedAs == nil && !request.isClosed
  }

  /// True if its pull request has a watcher: it was not begun anew, and is not over.
  public var isWatched: Bool {
    guard pullRequest != nil else { return false }
    switch status {
    case .routed, .inProgress, .blocked, .needsReview, .inReview: return true
    case .new, .cancelled, .done: return false
    }
  }
}
