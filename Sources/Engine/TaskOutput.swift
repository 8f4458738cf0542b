public import JSON
public import Workflow

/// A task as scripts and agents read it: the fields of the command contract, which are never renamed.
public enum TaskOutput {
  /// The object of `orch task show --json`.
  public static func json(_ task: TaskView) -> JSONValue {
    JSONValue.compact([
      "id": .string(task.id), "title": .string(task.title), "body": .string(task.body),
      "kind": .string(task.kind.rawValue), "status": .string(task.status.rawValue),
      "source": task.source.map { .string($0.rawValue) }, "job": task.job.map(JSONValue.string),
      "watches": task.watches.map(JSONValue.string),
      "reason": task.reason.map(JSONValue.string), "labels": .texts(task.labels),
      "priority": .number(task.priority), "agent": .optional(task.agent ?? task.route?.executor),
      "model": .optional(task.model ?? task.route?.model),
      "profile": task.route.map(\.profile.json), "skills": task.route.map { .texts($0.skills) },
      "machine": task.pinnedHost.map(JSONValue.string),
      "parent": task.parent.map(JSONValue.string), "children": .texts(task.children),
      "about": task.about.map(JSONValue.string),
      "after": .texts(task.after), "issue": task.issue.map(JSONValue.number),
      "branch": task.branch.map(JSONValue.string), "base": task.base.map(JSONValue.string),
      "worktree": task.isCleanedUp ? nil : task.worktree.map(JSONValue.string),
      "attempts": .array(task.attempts.map(attempt)), "result": task.result.map(\.json),
      "checkpoint": task.checkpoint.map(JSONValue.string),
      "pull_request": task.pullRequest.map(pullRequest), "cost_usd": .double(task.costUSD),
      "created_at": .string(Timestamp.text(task.createdAt)),
      "updated_at": .string(Timestamp.text(task.updatedAt)),
    ])
  }

  private static func pullRequest(_ view: PullRequestView) -> JSONValue {
    var members = view.json.object ?? [:]
    if let number = view.number { members["number"] = .number(number) }
    return .object(members)
  }

  private static func attempt(_ attempt: Attempt) -> JSONValue {
    JSONValue.compact([
      "number": .number(attempt.number), "agent": .string(attempt.agent),
      "model": attempt.model.map(JSONValue.string), "host": .string(attempt.host),
      "token": .number(attempt.token), "purpose": .string(attempt.purpose.rawValue),
      "started_at": .string(Timestamp.text(attempt.startedAt)),
      "ended_at": attempt.endedAt.map { .string(Timestamp.text($0)) },
      "outcome": attempt.outcome.map { .string($0.rawValue) },
      "failure": attempt.failure.map { .string($0.rawValue) },
      "error": attempt.error.map(JSONValue.string),
      "cost_usd": attempt.costUSD.map(JSONValue.double),
      "input_tokens": attempt.inputTokens.map(JSONValue.number),
      "output_tokens": attempt.outputTokens.map(JSONValue.number),
      "session_id": attempt.sessionID.map(JSONValue.string),
      "prompt_hash": attempt.promptHash.map(JSONValue.string),
      "outside": attempt.outside.isEmpty ? nil : .texts(attempt.outside),
      "lessons": attempt.lessons.isEmpty ? nil : .texts(attempt.lessons),
      "held_out": attempt.heldOut.isEmpty ? nil : .texts(attempt.heldOut),
      "head": attempt.head.map(JSONValue.string), "commits": .number(attempt.commits),
    ])
  }
}
