/// Something that the engine is to do in the world; each has a key, and is never done twice at once.
public enum Effect: Sendable, Hashable {
  /// Begin to watch a pull request that a person opened.
  case adopt(task: String)
  /// Choose agent, model, profile and skills.
  case route(task: String)
  /// Begin an attempt: take its token, prepare the worktree, start the agent.
  case start(task: String, purpose: AttemptPurpose)
  /// See an attempt to its end; also how one is adopted after a crash.
  case supervise(task: String, token: Int)
  /// Push the branch and open or update the pull request.
  case publish(task: String, token: Int)
  /// What the pull request calls for.
  case pullRequest(task: String, PullRequestEffect)
  /// Give a task back to its watcher: it waits for no worker and no person any more.
  case resumeReview(task: String)
  /// Tell the task's issue where it stands.
  case report(task: String)
  /// Remove worktree and branch.
  case cleanUp(task: String)
  /// Let a parent go on with its children's results.
  case resume(task: String)
  /// Record that a task cannot go on.
  case block(task: String, reason: String)
  /// Record that a person must decide.
  case askPerson(task: String, reason: String)
  /// Record that another machine's attempt is over, and get what it left.
  case takeOver(task: String, token: Int)

  /// The task that it is for.
  public var task: String {
    switch self {
    case .adopt(let task), .route(let task), .start(let task, _), .supervise(let task, _),
      .publish(let task, _),
      .pullRequest(let task, _), .resumeReview(let task), .report(let task), .cleanUp(let task),
      .resume(let task), .block(let task, _), .askPerson(let task, _), .takeOver(let task, _):
      task
    }
  }

  /// True for the steps by which a pull request comes to its merge.
  public var isOnTheWayToMerge: Bool {
    switch self {
    case .pullRequest(_, let effect): effect.isOnTheWayToMerge
    case .adopt, .route, .start, .supervise, .publish, .resumeReview, .report, .cleanUp, .resume,
      .block,
      .askPerson, .takeOver:
      false
    }
  }

  /// True if nothing else is done for the task meanwhile.
  public var occupiesTask: Bool {
    if case .report = self { false } else { true }
  }

  /// True if looks at the task's pull request bring nothing meanwhile: what is done records what it finds.
  public var occupiesPullRequest: Bool {
    if case .supervise = self { false } else { occupiesTask }
  }

  /// The step's name, for plans and logs.
  public var step: String {
    switch self {
    case .adopt: "watch"
    case .route: "route"
    case .start: "start"
    case .supervise: "supervise"
    case .publish: "publish"
    case .pullRequest(_, let effect): effect.step
    case .resumeReview: "go on with the review"
    case .report: "tell the issue"
    case .cleanUp: "clean up"
    case .resume: "resume"
    case .block: "block"
    case .askPerson: "ask a person"
    case .takeOver: "take over"
    }
  }
}
