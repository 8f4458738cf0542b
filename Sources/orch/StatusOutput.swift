internal import Dashboard
internal import Engine
internal import JSON
internal import Workflow

/// Where everything stands, for scripts.
enum StatusOutput {
  /// The object of `orch status --json`; `open` is every task that is not over, `at` the moment in
  /// milliseconds since 1970 if it is a past one, `orchestrator` the one that runs here.
  static func json(
    _ front: TaskFront, open: [TaskView], cursor: String, at moment: Int? = nil,
    orchestrator: JSONValue = .null
  ) -> JSONValue {
    JSONValue.compact([
      "counts": counts(front),
      "open": .array(open.map(TaskOutput.json)),
      "questions": .array(
        open.flatMap { task in task.openQuestions.map { MessageText.json($0, of: task) } }),
      "cost_usd": .double(front.costUSD), "cursor": .string(cursor),
      "at": moment.map { .string(Timestamp.text($0)) }, "orchestrator": orchestrator,
    ])
  }

  /// The object of `orch status --brief --json`: as bounded as the text, the most urgent tasks first.
  static func brief(_ front: TaskFront, cursor: String) -> JSONValue {
    let shown = BriefText.order.flatMap { status in
      (front.leading[status] ?? []).prefix(BriefText.maximumOfGroup).map { task in
        var task = task
        task.title = BriefText.cut(task.title, BriefText.titleBytes)
        task.detail = BriefText.cut(task.detail, BriefText.detailBytes)
        task.questions = []
        return task
      }
    }
    let questions = front.asking.flatMap { task in
      task.questions.map { question -> JSONValue in
        [
          "task": .string(task.id), "number": .number(question.number),
          "text": .string(BriefText.cut(question.text, BriefText.questionBytes)),
        ]
      }
    }
    let open = BriefText.order.reduce(0) { $0 + (front.counts[$1] ?? 0) }
    return [
      "counts": counts(front), "open": .array(shown.map(json)),
      "more": .number(open - shown.count),
      "questions": .array(Array(questions.prefix(BriefText.maximumOfGroup))),
      "more_questions": .number(max(0, questions.count - BriefText.maximumOfGroup)),
      "cost_usd": .double(front.costUSD), "cursor": .string(cursor),
    ]
  }

  private static func counts(_ front: TaskFront) -> JSONValue {
    .object(
      Dictionary(uniqueKeysWithValues: front.counts.map { ($0.key.rawValue, .number($0.value)) }))
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
