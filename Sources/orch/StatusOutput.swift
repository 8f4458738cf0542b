internal import Engine
internal import JSON
internal import Workflow

/// Where everything stands, for scripts.
enum StatusOutput {
  /// The object of `orch status --json`; `open` is every task that is not over.
  static func json(_ front: TaskFront, open: [TaskView]) -> JSONValue {
    [
      "counts": .object(
        Dictionary(
          uniqueKeysWithValues: front.counts.map { ($0.key.rawValue, .number($0.value)) })),
      "open": .array(open.map(TaskOutput.json)),
      "questions": .array(
        open.flatMap { task in task.openQuestions.map { MessageText.json($0, of: task) } }),
      "cost_usd": .double(front.costUSD),
    ]
  }
}
