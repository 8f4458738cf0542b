internal import Workflow

/// Work offline: what can be done without the remote is done, what cannot is left to a later run.
extension Orchestrator {
  /// What of a plan can go on now; offline, what waits for a remote that is away is none of it, nor what other machines
  /// do, of which nothing is heard.
  func withoutRemote(_ plan: Plan) async -> Plan {
    guard runner.isOffline else { return plan }
    let postponed = Set(await runner.shared?.postponedTasks ?? [])
    let isAway = failures.outage != nil
    var plan = plan
    plan.effects.removeAll { failures.isOfOutage($0) }
    plan.waiting = plan.waiting.filter { task, reason in
      switch reason {
      // Who has a slot and is not at work waits for the remote, too.
      case .remote, .pullRequest, .queue, .slot: !isAway
      case .elsewhere(host: _, until: nil): postponed.contains(task)
      default: true
      }
    }
    return plan
  }

  /// What a run offline has left to a later one because the remote is away; nil if that is nothing.
  func leftForRemote(_ plan: Plan) -> EngineError? {
    guard runner.isOffline, let outage = failures.outage else { return nil }
    let effects = plan.effects.filter { failures.isOfOutage($0) }
    let waiting = plan.waiting.filter { $0.value == .remote }
    let tasks = Set(effects.map(\.task)).union(waiting.keys)
    guard !tasks.isEmpty else { return nil }
    return .waitsForRemote(
      options.remote, tasks: tasks.sorted(), detail: FailureText.sentence(outage.error))
  }
}
