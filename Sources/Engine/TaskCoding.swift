public import GitState
internal import JSON
public import Workflow

/// The names of a task's fields in its events.
enum Field {
  static let labels = "labels"
  static let after = "after"
  static let children = "children"
  /// The tasks that workers of this one added, as `TOKEN/TASK`.
  static let added = "added"
  static let attempt = "attempt."
  static let messages = "messages"
  static let read = "read"
  static let heard = "heard"
  static let issueLabel = "issue_label"
  static let issueAskedAt = "issue_asked"
  static let issueLeft = "issue_left"
  static let pinnedHost = "machine"
  static let unpublished = "unpublished"

  /// The key of one part of an attempt; three digits keep them in order.
  static func attempt(_ token: Int, _ part: String) -> String {
    let digits = String(token)
    let padding = String(repeating: "0", count: max(0, 4 - digits.count))
    return "\(attempt)\(padding)\(digits).\(part)"
  }
}

extension TaskView {
  /// Reads what the events of a record add up to; fields of a wrong type count as missing.
  public init(_ record: Record) {
    let fields = record.fields
    self.init(id: record.key.id.text, title: fields["title"]?.string ?? "")
    body = fields["body"]?.string ?? ""
    kind = fields["kind"]?.string.flatMap(TaskKind.init) ?? .implement
    status = record.state.flatMap { TaskStatus(rawValue: $0.name) } ?? .new
    generation = record.state?.generation ?? 0
    reason = fields["reason"]?.string
    labels = record.members(of: Field.labels)
    source = fields["source"]?.string.flatMap(TaskSource.init)
    watches = fields["watches"]?.string
    job = fields["job"]?.string
    priority = fields["priority"]?.int ?? 0
    agent = fields["agent"]?.string
    model = fields["model"]?.string
    route = fields["route"].flatMap(Route.init(json:))
    parent = fields["parent"]?.string
    about = fields["about"]?.string
    children = record.members(of: Field.children)
    after = record.members(of: Field.after)
    issue = fields["issue"]?.int
    branch = fields["branch"]?.string
    base = fields["base"]?.string
    worktree = fields["worktree"]?.string
    attempts = Attempt.all(in: fields)
    for index in attempts.indices where isLost(attempts[index]) {
      attempts[index].outcome = .interrupted
    }
    result = fields["result"].flatMap(TaskResult.init(json:))
    checkpoint = fields["checkpoint"]?.string
    pullRequest = PullRequestView(fields: fields)
    nextPurpose = fields["purpose"]?.string.flatMap(AttemptPurpose.init) ?? .work
    waitsForChildren = fields["waits"]?.bool ?? false
    isCleanedUp = fields["clean"]?.bool ?? false
    highestToken = record.token
    createdAt = record.createdAt
    updatedAt = record.updatedAt
    attemptsForgiven = fields["forgiven"]?.int ?? 0
    messages = record.members(of: Field.messages).compactMap(Message.init(text:))
      .sorted { ($0.at, $0.id) < ($1.at, $1.id) }
    readMessages = Set(record.members(of: Field.read))
    reported = fields["reported"]?.string
    issueLabel = fields[Field.issueLabel]?.string
    issueAskedAt = fields[Field.issueAskedAt]?.int
    issueLeft = fields[Field.issueLeft]?.string.flatMap(IssueLeave.init(text:))
    reviewOf = fields["review_of"]?.string
    reviewedHead = fields["reviewed_head"]?.string
    heard = Set(record.members(of: Field.heard))
    pinnedHost = fields[Field.pinnedHost]?.string
    unpublished = fields[Field.unpublished]?.int
  }
}

extension TaskView {
  /// True for an attempt without an end that runs no more: its task is over or waits, or another one has begun since.
  ///
  /// Its machine was killed, and the task went on elsewhere before that could tell of it.
  fileprivate func isLost(_ attempt: Attempt) -> Bool {
    attempt.endedAt == nil && attempt.token != currentAttempt?.token
  }
}

extension Attempt {
  static func all(in fields: [String: JSONValue]) -> [Attempt] {
    var parts: [Int: [String: JSONValue]] = [:]
    for (key, value) in fields where key.hasPrefix(Field.attempt) {
      let words = key.dropFirst(Field.attempt.count).split(separator: ".")
      guard words.count == 2, let token = Int(words[0]), let members = value.object else {
        continue
      }
      parts[token, default: [:]].merge(members) { _, new in new }
    }
    return parts.sorted { $0.key < $1.key }.map { Attempt(token: $0.key, $0.value) }
  }

  private init(token: Int, _ fields: [String: JSONValue]) {
    self.init(
      number: fields["number"]?.int ?? token, token: token, agent: fields["agent"]?.string ?? "")
    purpose = fields["purpose"]?.string.flatMap(AttemptPurpose.init) ?? .work
    model = fields["model"]?.string
    host = fields["host"]?.string ?? ""
    startedAt = fields["started"]?.int ?? 0
    endedAt = fields["ended"]?.int
    outcome = fields["outcome"]?.string.flatMap(AttemptOutcome.init)
    failure = fields["failure"]?.string.flatMap(FailureKind.init)
    error = fields["error"]?.string
    costUSD = fields["cost_usd"]?.double
    inputTokens = fields["input_tokens"]?.int
    outputTokens = fields["output_tokens"]?.int
    sessionID = fields["session"]?.string
    promptHash = fields["prompt_hash"]?.string
    startHead = fields["start_head"]?.string
    shown = fields["shown"]?.strings ?? []
    head = fields["head"]?.string
    base = fields["base"]?.string
    commits = fields["commits"]?.int ?? 0
    retryAt = fields["retry_at"]?.int
    conditions = fields["conditions"].map(AttemptConditions.init(json:))
    causes = (fields["causes"]?.strings ?? []).compactMap(RetryCause.init)
    lessons = fields["lessons"]?.strings ?? []
    heldOut = fields["held_out"]?.strings ?? []
    outside = fields["outside"]?.strings ?? []
  }

  /// What is known when it begins.
  var startFields: JSONValue {
    JSONValue.compact([
      "number": .number(number), "agent": .string(agent), "purpose": .string(purpose.rawValue),
      "model": model.map(JSONValue.string), "host": .string(host), "started": .number(startedAt),
      "conditions": conditions?.json,
      "start_head": startHead.map(JSONValue.string),
      "shown": shown.isEmpty ? nil : .texts(shown),
      "causes": causes.isEmpty ? nil : .texts(causes.map(\.rawValue)),
      "lessons": lessons.isEmpty ? nil : .texts(lessons),
      "held_out": heldOut.isEmpty ? nil : .texts(heldOut),
    ])
  }

  /// What is known when it has ended.
  var endFields: JSONValue {
    JSONValue.compact([
      "ended": endedAt.map(JSONValue.number), "outcome": outcome.map { .string($0.rawValue) },
      "failure": failure.map { .string($0.rawValue) },
      "error": error.map { .string(String($0.prefix(4000))) },
      "cost_usd": costUSD.map(JSONValue.double), "input_tokens": inputTokens.map(JSONValue.number),
      "output_tokens": outputTokens.map(JSONValue.number),
      "session": sessionID.map(JSONValue.string), "head": head.map(JSONValue.string),
      "base": base.map(JSONValue.string), "commits": .number(commits),
      "prompt_hash": promptHash.map(JSONValue.string),
      "retry_at": retryAt.map(JSONValue.number),
      "model": model.map(JSONValue.string), "outside": outside.isEmpty ? nil : .texts(outside),
    ])
  }
}

extension Route {
  init?(json: JSONValue) {
    guard let executor = json["executor"]?.string else { return nil }
    let profile = json["profile"]
    self.init(
      executor: executor, model: json["model"]?.string, reason: json["reason"]?.string ?? "",
      profile: Profile(
        role: profile?["role"]?.string ?? "", skills: profile?["skills"]?.strings ?? [],
        tools: profile?["tools"]?.strings ?? [],
        constraints: profile?["constraints"]?.strings ?? []),
      skills: json["skills"]?.strings ?? [])
  }

  var json: JSONValue {
    JSONValue.compact([
      "executor": .string(executor), "model": model.map(JSONValue.string),
      "reason": .string(reason), "profile": profile.json,
      "skills": skills.isEmpty ? nil : .texts(skills),
    ])
  }
}

extension Profile {
  /// The form in events and output.
  var json: JSONValue {
    JSONValue.compact([
      "role": role.isEmpty ? nil : .string(role), "skills": skills.isEmpty ? nil : .texts(skills),
      "tools": tools.isEmpty ? nil : .texts(tools),
      "constraints": constraints.isEmpty ? nil : .texts(constraints),
    ])
  }
}

extension TaskResult {
  init?(json: JSONValue) {
    guard let status = json["status"]?.string else { return nil }
    self.init()
    self.status = status
    summary = json["summary"]?.string ?? ""
    reason = json["reason"]?.string ?? ""
    accomplished = json["accomplished"]?.strings ?? []
    remaining = json["remaining"]?.strings ?? []
    blockers = json["blockers"]?.strings ?? []
    filesChanged = json["files_changed"]?.strings ?? []
    needsHelp = json["needs_help"]?.bool ?? false
  }

  var json: JSONValue {
    JSONValue.compact([
      "status": .string(status), "summary": .string(String(summary.prefix(2000))),
      "reason": .string(String(reason.prefix(1000))), "accomplished": Self.list(accomplished),
      "remaining": Self.list(remaining), "blockers": Self.list(blockers),
      "files_changed": Self.list(filesChanged), "needs_help": .bool(needsHelp),
    ])
  }

  /// An event's line is bounded: twenty entries of two hundred characters; the file has all.
  private static func list(_ texts: [String]) -> JSONValue? {
    texts.isEmpty ? nil : .texts(texts.prefix(20).map { String($0.prefix(200)) })
  }
}

extension PullRequestView {
  init?(json: JSONValue) {
    guard let id = json["id"]?.string, let head = json["head"]?.string,
      let baseHead = json["base_head"]?.string
    else { return nil }
    self.init(id: id, head: head, baseHead: baseHead)
    url = json["url"]?.string
    status = json["state"]?.string.flatMap(PullRequestStatus.init) ?? .open
    checkedHead = json["checked_head"]?.string
    checkedBase = json["checked_base"]?.string
    checksPassed = json["checks_passed"]?.bool
    failingCheck = json["failing_check"]?.string
    failureLog = json["failure_log"]?.string
    conflictFiles = json["conflicts"]?.strings ?? []
    isApproved = json["approved"]?.bool ?? false
    mergedAs = json["merged_as"]?.string
    rebaseTries = json["rebase_tries"]?.int ?? 0
    repairTries = json["repair_tries"]?.int ?? 0
  }

  var json: JSONValue {
    JSONValue.compact([
      "id": .string(id), "url": url.map(JSONValue.string), "state": .string(status.rawValue),
      "head": .string(head), "base_head": .string(baseHead),
      "checked_head": checkedHead.map(JSONValue.string),
      "checked_base": checkedBase.map(JSONValue.string),
      "checks_passed": checksPassed.map(JSONValue.bool),
      "failing_check": failingCheck.map(JSONValue.string),
      "failure_log": failureLog.map { .string(String($0.prefix(6000))) },
      "conflicts": conflictFiles.isEmpty ? nil : .texts(conflictFiles.prefix(50)),
      "approved": isApproved ? true : nil, "merged_as": mergedAs.map(JSONValue.string),
      "rebase_tries": rebaseTries == 0 ? nil : .number(rebaseTries),
      "repair_tries": repairTries == 0 ? nil : .number(repairTries),
    ])
  }
}
