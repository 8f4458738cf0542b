internal import JSON
internal import Workflow

/// A person's word on which machine works on a task.
public enum TaskMove {
  /// Gives a task to a machine; nil to any.
  public static func change(to host: String?) -> TaskChange {
    var change = TaskChange(.checkpointed)
    change.fields[Field.pinnedHost] = .optional(host)
    change.verb = "moved"
    change.detail = host.map { "to \($0)" } ?? "to any machine"
    return change
  }
}
