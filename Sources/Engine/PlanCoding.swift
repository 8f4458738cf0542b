public import JSON
public import Workflow

/// A plan as it waits in a task's folder for a yes or a no.
public struct StoredPlan: Sendable, Hashable {
  /// The pieces.
  public var plan: WorkPlan
  /// What stands out, in words.
  public var remarks: [String]
  /// The specification that the worker wrote; nil if it wrote none.
  public var spec: String?

  /// All parts.
  public init(plan: WorkPlan, remarks: [String] = [], spec: String? = nil) {
    self.plan = plan
    self.remarks = remarks
    self.spec = spec
  }
}

extension StoredPlan {
  /// Reads the form of `plan.json`; nil if it is not one.
  init?(json: JSONValue) {
    guard let entries = json["tasks"]?.array, entries.count <= WorkPlan.maximumTasks else {
      return nil
    }
    var tasks: [PlannedTask] = []
    for entry in entries {
      guard let title = entry["title"]?.string else { return nil }
      let after = (entry["after"]?.array ?? []).compactMap(\.int).map { $0 - 1 }
      guard after.allSatisfy(entries.indices.contains) else { return nil }
      tasks.append(
        PlannedTask(
          title: title, body: entry["body"]?.string ?? "",
          labels: entry["labels"]?.strings ?? [], agent: entry["agent"]?.string, after: after))
    }
    self.init(plan: WorkPlan(tasks: tasks), remarks: json["remarks"]?.strings ?? [])
  }

  /// The form of `plan.json` and of `--json`: pieces are counted from 1.
  public var json: JSONValue {
    JSONValue.compact([
      "tasks": .array(
        plan.tasks.enumerated().map { index, task in
          JSONValue.compact([
            "number": .number(index + 1), "title": .string(task.title),
            "body": task.body.isEmpty ? nil : .string(task.body),
            "labels": task.labels.isEmpty ? nil : .texts(task.labels),
            "agent": task.agent.map(JSONValue.string),
            "after": task.after.isEmpty ? nil : .array(task.after.map { .number($0 + 1) }),
            "files": task.files.isEmpty ? nil : .texts(task.files),
          ])
        }),
      "remarks": remarks.isEmpty ? nil : .texts(remarks),
      "spec": spec.map(JSONValue.string),
    ])
  }
}
