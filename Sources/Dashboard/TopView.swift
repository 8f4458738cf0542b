public import Engine

/// What `orch top` shows of one moment.
public struct TopView: Sendable, Hashable {
  /// Somebody at work.
  public struct Worker: Sendable, Hashable {
    /// The task's full name.
    public var task: String
    /// Its title.
    public var title: String
    /// Who works on it.
    public var agent: String
    /// Which attempt it is.
    public var attempt: Int
    /// The machine; nil if it is this one.
    public var host: String?
    /// When the attempt began, in milliseconds since 1970.
    public var startedAt: Int
    /// US dollars so far; nil while nothing is known.
    public var costUSD: Double?
    /// What it did last, or why it waits; empty if nothing is known.
    public var doing: String

    /// All parts.
    public init(
      task: String, title: String, agent: String, attempt: Int, host: String? = nil,
      startedAt: Int, costUSD: Double? = nil, doing: String = ""
    ) {
      self.task = task
      self.title = title
      self.agent = agent
      self.attempt = attempt
      self.host = host
      self.startedAt = startedAt
      self.costUSD = costUSD
      self.doing = doing
    }
  }

  /// The name of the repository's folder.
  public var project: String
  /// Counts and the tasks that stand first.
  public var front: TaskFront
  /// Who is at work, in the order of their names.
  public var workers: [Worker]
  /// The orchestrator of this machine in a line; nil if none runs.
  public var runner: String?
  /// When this was, in milliseconds since 1970.
  public var now: Int

  /// All parts.
  public init(
    project: String, front: TaskFront, workers: [Worker], runner: String?, now: Int
  ) {
    self.project = project
    self.front = front
    self.workers = workers
    self.runner = runner
    self.now = now
  }
}
