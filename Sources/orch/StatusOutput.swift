internal import Engine
internal import JSON
internal import Workflow

/// Where everything stands, for scripts.
enum StatusOutput {
  /// The object of `orch status --json`; `open` is every task that is not over, `at` the moment in
  /// milliseconds since 1970 if it is a past one.
  static func json(
    _ front: TaskFront, open: [TaskView], cursor: String, at moment: Int? = nil
  ) -> JSONValue {
    JSONValue.compact([
      "counts": .object(
        Dictionary(
          uniqueKeysWithValues: front.counts.map { ($0.key.rawValue, .number($0.value)) })),
      "open": .array(open.map(TaskOutput.json)),
      "questions": .array(
        open.flatMap { task in task.openQuestions.map { MessageText.json($0, of: task) } }),
      "cost_usd": .double(front.costUSD), "cursor": .string(cursor),
      "at": moment.map { .string(Timestamp.text($0)) },
    ])
  }

  /// A task of `orch status --since --json`: what its line says.
  static func json(_ task: TaskSummary) -> JSONValue {
    JSONValue.compact([
      "id": .string(task.id), "status": .string(task.status.rawValue),
      "title": .string(task.title), "detail": task.detail.isEmpty ? nil : .string(task.detail),
      "questions": task.questions.isEmpty
        ? nil
        : .array(
          task.questions.map { ["number": .number($0.number), "text": .string($0.text)] }),
    ])
  }
}
