public import JSON
public import Workflow

/// Who will collide with whom, of the tasks with the same base.
public struct RadarView: Sendable, Hashable {
  /// A task's branch.
  public struct Branch: Sendable, Hashable {
    /// The task.
    public var task: String
    /// Its title.
    public var title: String
    /// Where it stands.
    public var status: TaskStatus
    /// Its branch.
    public var branch: String
    /// The branch's head.
    public var head: String
    /// Files that it changes, uncommitted ones too; at most `RadarScanner.maximumFiles`.
    public var files: [String]
    /// Files that its worker has changed and not committed yet.
    public var uncommitted: [String]
  }

  /// A file in which something collides.
  public struct Place: Sendable, Hashable {
    /// The file.
    public var path: String
    /// Why: a kind of conflict, or "changed by both".
    public var kind: String
  }

  /// Two tasks that collide.
  public struct Collision: Sendable, Hashable {
    /// The task whose branch comes first by name.
    public var one: String
    /// The other task.
    public var other: String
    /// Where.
    public var places: [Place]
    /// True if merging both commits needs a decision; false if both only work on the same files.
    public var isCertain: Bool
  }

  /// The base branch.
  public var base: String
  /// The base's head as last fetched.
  public var baseHead: String
  /// The branches, by name.
  public var branches: [Branch]
  /// The pairs that collide.
  public var collisions: [Collision]
  /// The tasks whose branch does not fit onto the base, and where.
  public var baseConflicts: [String: [Place]]
  /// The tasks in the order of merging that causes the least work.
  public var order: [String]
  /// The tasks that will have to be worked on again in that order.
  public var rework: [String]
  /// The tasks whose branch cannot be looked at, and why.
  public var unreadable: [String: String] = [:]

  /// The tasks that one collides with, and in which files.
  public func neighbours(of task: String) -> [String: [String]] {
    var found: [String: [String]] = [:]
    for collision in collisions {
      let paths = collision.places.map(\.path)
      if collision.one == task { found[collision.other, default: []] += paths }
      if collision.other == task { found[collision.one, default: []] += paths }
    }
    return found
  }

  /// The object of `orch radar --json`.
  public var json: JSONValue {
    [
      "base": .string(base), "base_head": .string(baseHead),
      "branches": .array(branches.map(\.json)), "collisions": .array(collisions.map(\.json)),
      "base_conflicts": .array(
        baseConflicts.sorted { $0.key < $1.key }.map { task, places in
          ["task": .string(task), "files": .array(places.map(\.json))]
        }),
      "order": .texts(order), "rework": .texts(rework),
      "unreadable": .object(unreadable.mapValues { .string($0) }),
    ]
  }
}

extension RadarView.Branch {
  var json: JSONValue {
    [
      "task": .string(task), "title": .string(title), "status": .string(status.rawValue),
      "branch": .string(branch), "head": .string(head), "files": .texts(files),
      "uncommitted": .texts(uncommitted),
    ]
  }
}

extension RadarView.Place {
  var json: JSONValue { ["path": .string(path), "kind": .string(kind)] }
}

extension RadarView.Collision {
  var json: JSONValue {
    [
      "tasks": .texts([one, other]), "files": .array(places.map(\.json)),
      "certain": .bool(isCertain),
    ]
  }
}
