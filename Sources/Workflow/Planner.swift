/// Decides what the engine does next: a pure function of the world.
public enum Planner {
  /// Plans every task in scope.
  public static func plan(_ world: World) -> Plan {
    var planning = Planning(world: world)
    var priority: Int?
    for task in planning.ordered {
      // Only tasks of one priority change places: another order must cost nothing.
      if task.priority != priority { planning.considerDeferred() }
      priority = task.priority
      planning.consider(task)
    }
    planning.considerDeferred()
    return planning.plan
  }

  /// The order of service: priority, then work on open pull requests, then what others wait for, then age.
  public static func order(_ tasks: [String: TaskView]) -> [TaskView] {
    let wanted = Set(tasks.values.filter { !$0.status.isTerminal }.flatMap(\.after))
    return tasks.values.sorted { left, right in
      if left.priority != right.priority { return left.priority > right.priority }
      let leftOpen = left.pullRequest != nil
      if leftOpen != (right.pullRequest != nil) { return leftOpen }
      let leftWanted = wanted.contains(left.id)
      if leftWanted != wanted.contains(right.id) { return leftWanted }
      return (left.createdAt, left.id) < (right.createdAt, right.id)
    }
  }
}
