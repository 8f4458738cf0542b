internal import Agents
internal import GitState
internal import Workflow

/// What a day's attempts have cost, in all and by agent and model.
struct Spending: Equatable {
  static let dayMilliseconds = 86_400_000

  /// US dollars.
  private(set) var total = 0.0
  private(set) var byAgent: [String: Double] = [:]
  private(set) var byModel: [String: Double] = [:]

  /// The attempts that ended on the same day, UTC, as `now`.
  init(_ tasks: some Sequence<TaskView>, now: Int) {
    let start = now - now % Self.dayMilliseconds
    for attempt in tasks.flatMap(\.attempts) where (attempt.endedAt ?? 0) >= start {
      add(attempt.costUSD ?? 0, attempt)
    }
  }

  /// Adds what an attempt has cost.
  mutating func add(_ usd: Double, _ attempt: Attempt) {
    total += usd
    byAgent[attempt.agent, default: 0] += usd
    if let model = attempt.model { byModel[model, default: 0] += usd }
  }

  /// US dollars of the attempts that ended on the same day, UTC, as `now`.
  static func today(_ tasks: some Sequence<TaskView>, now: Int) -> Double {
    Spending(tasks, now: now).total
  }

  /// The first moment of the next day, UTC.
  static func nextDay(after now: Int) -> Int { now - now % dayMilliseconds + dayMilliseconds }

  /// True if an agent, or the model that it would use, has nothing left today.
  func isSpent(agent: String, model: String?, _ options: EngineOptions) -> Bool {
    if let limit = options.usdPerDayByAgent[agent], byAgent[agent, default: 0] >= limit {
      return true
    }
    guard let model, let limit = options.usdPerDayByModel[model] else { return false }
    return byModel[model, default: 0] >= limit
  }
}

extension EffectRunner {
  /// Until when an agent rests: after a limit of its service, or until tomorrow if its money is spent.
  func rest(
    of agent: AgentConfiguration, tasks: some Sequence<TaskView>, spent: Spending, now: Int
  ) -> Int? {
    let coolDown = CoolDown.until(agent.name, tasks: tasks, now: now)
    guard spent.isSpent(agent: agent.name, model: agent.model, options) else { return coolDown }
    return max(coolDown ?? 0, Spending.nextDay(after: now))
  }

  /// Asks running workers to stop when the money of the day, of their agent or of their model is spent
  /// together with what they have used so far: what they have is kept, and gone on with tomorrow.
  func stopSpenders(_ tasks: some Sequence<TaskView>) {
    var spent = Spending(tasks, now: options.clock())
    var running: [(Attempt, WorkerMonitor)] = []
    for task in tasks where task.status == .inProgress {
      guard let attempt = task.attempts.last, attempt.endedAt == nil,
        attempt.host == thisHost
      else { continue }
      let monitor = WorkerMonitor(
        directory: folder.runDirectory(task: task.id, token: attempt.token))
      spent.add(monitor.progress()?.chargedUSD ?? 0, attempt)
      running.append((attempt, monitor))
    }
    let isDaySpent = options.limits.usdPerDay.map { spent.total >= $0 } ?? false
    for (attempt, monitor) in running
    where isDaySpent || spent.isSpent(agent: attempt.agent, model: attempt.model, options) {
      monitor.requestStop(.interrupt)
    }
  }

  private var thisHost: String { tasks.state.host }
}
