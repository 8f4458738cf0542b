/// Something that the engine is to do in the world; each has a key, and is never done twice at once.
public enum Effect: Sendable, Hashable {
  /// Choose agent, model, profile and skills.
  case route(task: String)
  /// Begin an attempt: take its token, prepare the worktree, start the agent.
  case start(task: String, purpose: AttemptPurpose)
  /// See an attempt to its end; also how one is adopted after a crash.
  case supervise(task: String, token: Int)
  /// Push the branch and open or update the pull request.
  case publish(task: String, token: Int)
  /// Run the checks on a pair of head and base.
  case check(task: String, head: String, base: String)
  /// Bring the branch onto the base's head.
  case rebase(task: String, onto: String)
  /// Merge a pair of head and base.
  case merge(task: String, head: String, base: String)
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
    case .route(let task), .start(let task, _), .supervise(let task, _), .publish(let task, _),
      .check(let task, _, _), .rebase(let task, _), .merge(let task, _, _), .cleanUp(let task),
      .resume(let task), .block(let task, _), .askPerson(let task, _), .takeOver(let task, _):
      task
    }
  }

  /// True for the steps by which a pull request comes to its merge.
  public var isOnTheWayToMerge: Bool {
    switch self {
    case .rebase, .check, .merge: true
    case .route, .start, .supervise, .publish, .cleanUp, .resume, .block, .askPerson, .takeOver:
      false
    }
  }

  /// The step's name, for plans and logs.
  public var step: String {
    switch self {
    case .route: "route"
    case .start: "start"
    case .supervise: "supervise"
    case .publish: "publish"
    case .check: "check"
    case .rebase: "rebase"
    case .merge: "merge"
    case .cleanUp: "clean up"
    case .resume: "resume"
    case .block: "block"
    case .askPerson: "ask a person"
    case .takeOver: "take over"
    }
  }
}
