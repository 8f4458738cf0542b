/// Dependencies and families of tasks.
public enum TaskGraph {
  /// The path from `from` over what it waits for back to itself if `from` came to wait for `to`.
  ///
  /// Nil if that makes no circle. Waiting is by `after`, and of a parent for its children.
  public static func cycle(
    from: String, waitingFor to: String, in tasks: [String: TaskView]
  ) -> [String]? {
    if from == to { return [from, to] }
    var path: [String: String] = [:]
    var queue = [to]
    var seen: Set<String> = [to]
    while let next = queue.popLast() {
      for target in waits(of: next, in: tasks) where seen.insert(target).inserted {
        path[target] = next
        queue.append(target)
      }
    }
    guard path[from] != nil else { return nil }
    var chain = [from]
    var step: String? = path[from]
    while let current = step {
      chain.insert(current, at: 0)
      step = path[current]
    }
    return [from] + chain
  }

  /// The unfinished tasks that a task waits for.
  public static func unfinished(_ task: TaskView, in tasks: [String: TaskView]) -> [TaskView] {
    task.after.compactMap { tasks[$0] }.filter { $0.status != .done }
  }

  private static func waits(of id: String, in tasks: [String: TaskView]) -> [String] {
    guard let task = tasks[id] else { return [] }
    return task.after + task.children
  }
}
