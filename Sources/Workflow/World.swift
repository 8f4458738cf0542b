/// Everything that planning looks at; nothing else decides.
public struct World: Sendable {
  /// Milliseconds since 1970.
  public var now = 0
  /// Every task by its name.
  public var tasks: [String: TaskView] = [:]
  /// The agents in the order of the configuration.
  public var agents: [AgentAvailability] = []
  /// How many attempts may run at once.
  public var jobs = 1
  /// The bounds.
  public var limits = Limits()
  /// What today has cost, in US dollars.
  public var spentTodayUSD = 0.0
  /// The newest look at the pull request of each task; none if it could not be looked at.
  public var looks: [String: Look] = [:]
  /// What the configuration says of pull requests.
  public var rules = PullRequestRules()
  /// What the next attempt of a task would be begun under, where that is known.
  public var conditions: [String: AttemptConditions] = [:]
  /// Of tasks that could be begun, those at work by others that change the same files.
  public var collisions: [String: Set<String>] = [:]
  /// True if nothing new is to be begun.
  public var isStopping = false
  /// True if tasks' issues are told where the tasks stand.
  public var reportsIssues = false
  /// The effects that are being carried out.
  public var running: Set<Effect> = []
  /// Only these tasks, if given.
  public var scope: Set<String>?
  /// This machine: attempts of others are theirs to see to.
  public var host = ""
  /// What is known of the other machines; nil where this one works alone.
  public var shared: SharedWorld?

  /// An empty world.
  public init() {}
}
