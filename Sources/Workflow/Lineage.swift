/// Where a task comes from: itself, and the tasks above it that it is a part of, looks back at, or reviews.
///
/// What a stranger has asked for stays a stranger's in everything that workers make of it.
public enum Lineage {
  /// The task and those above it, nearest first; `isWhole` is false if one of them is not known.
  public static func line(
    of task: TaskView, in views: [String: TaskView]
  ) -> (tasks: [TaskView], isWhole: Bool) {
    var tasks = [task]
    var seen: Set<String> = [task.id]
    var isWhole = true
    var next = 0
    while next < tasks.count {
      let current = tasks[next]
      for name in [current.parent, current.about, current.reviewOf] {
        guard let name, seen.insert(name).inserted else { continue }
        if let above = views[name] { tasks.append(above) } else { isWhole = false }
      }
      next += 1
    }
    return (tasks, isWhole)
  }

  /// Why a task's text may be a stranger's; nil if only people and workers of this repository had a part in it.
  public static func doubt(about task: TaskView, in views: [String: TaskView]) -> String? {
    let line = line(of: task, in: views)
    for above in line.tasks {
      guard let doubt = above.doubt else { continue }
      return above.id == task.id ? doubt : "of '\(above.id.prefix(6))', which it came of: \(doubt)"
    }
    return line.isWhole ? nil : "a task that it came of is not known here"
  }

  /// Whether the text of a task may give orders to its worker; if not, it says what is wanted and no more.
  ///
  /// The issue that a task is linked to is shown as what it is; what workers made of one is not told apart from it any more.
  public static func isTrusted(_ task: TaskView, in views: [String: TaskView]) -> Bool {
    var own = task
    own.issue = nil
    return doubt(about: own, in: views) == nil
  }

  /// How many tasks are above a task, at most, on the way of its parents.
  public static func depth(of task: TaskView, in views: [String: TaskView]) -> Int {
    var seen: Set<String> = [task.id]
    var current = task
    while let parent = current.parent.flatMap({ views[$0] }), seen.insert(parent.id).inserted {
      current = parent
    }
    return seen.count - 1
  }
}

extension TaskView {
  /// Why its own text may be a stranger's.
  fileprivate var doubt: String? {
    if issue != nil { return "the task came from an issue, whose text anybody may write" }
    if let source, !source.isTrusted {
      return "the task came from outside (\(source.rawValue))"
    }
    if let label = labels.first(where: ["untrusted", "inbox"].contains) {
      return "the task has the label '\(label)'"
    }
    return nil
  }
}
