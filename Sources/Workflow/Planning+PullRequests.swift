extension Planning {
  /// An open pull request: what its watcher calls for.
  mutating func considerReview(_ task: TaskView) {
    guard let request = task.pullRequest else { return }
    if stops(task) { return }
    guard let decision = decisions[task.id] else {
      plan.waiting[task.id] = .remote
      return
    }
    switch decision.call {
    case .act(let effect): plan.effects.append(.pullRequest(task: task.id, effect))
    case .wait(let reason): plan.waiting[task.id] = .pullRequest(reason)
    case .ask(let question): plan.waiting[task.id] = .person(question.text)
    case .rest:
      let reason = "the pull request \(request.id) was closed without a merge"
      plan.effects.append(.askPerson(task: task.id, reason: reason))
    }
  }

  /// A task that a person must decide on: a question of its pull request is asked until it has arrived.
  mutating func considerQuestion(_ task: TaskView) {
    if case .act(.askPerson(let question)) = decisions[task.id]?.call, !world.isStopping {
      plan.effects.append(.pullRequest(task: task.id, .askPerson(question)))
    } else {
      plan.waiting[task.id] = .person(task.reason ?? "a person must decide")
    }
  }

  /// What a worker is to be started for, if the pull request still calls for one; otherwise nil, and planned.
  mutating func calledPurpose(_ task: TaskView) -> AttemptPurpose? {
    guard let decision = decisions[task.id] else {
      plan.waiting[task.id] = .remote
      return nil
    }
    switch decision.call {
    case .act(.settleConflict): return .rebase
    case .act(.repair): return .repair
    case .act(.askPerson(let question)):
      plan.effects.append(.pullRequest(task: task.id, .askPerson(question)))
    case .act, .wait, .ask, .rest: plan.effects.append(.resumeReview(task: task.id))
    }
    return nil
  }
}

extension AttemptPurpose {
  /// True if its pull request decides whether a worker is started for it.
  public var isForPullRequest: Bool {
    switch self {
    case .rebase, .repair: true
    case .work, .resume: false
    }
  }
}

/// What looks bring that is not known yet, for one task.
public struct Observation: Sendable, Hashable {
  /// The task.
  public let task: String
  /// What its pull request was when the look began.
  public let view: PullRequestView
  /// What the look brought, in order.
  public let events: [PullRequestEvent]
}

extension Planner {
  /// What the newest looks bring: to be stored before anything is planned.
  ///
  /// While something is done to a pull request, nothing is brought: what is done records what it finds.
  public static func observations(_ world: World) -> [Observation] {
    let busy = Set(world.running.filter(\.occupiesPullRequest).map(\.task))
    let ordered = order(world.tasks)
    let decisions = MergeTurns(world, ordered: ordered).decisions
    return ordered.compactMap { task in
      guard let view = task.pullRequest, let decision = decisions[task.id],
        !decision.events.isEmpty, !busy.contains(task.id)
      else { return nil }
      if let scope = world.scope, !scope.contains(task.id) { return nil }
      // What another machine has, that one looks at.
      if world.claimObstacle(task) != nil { return nil }
      return Observation(task: task.id, view: view, events: decision.events)
    }
  }
}
