public import JSON
public import Workflow

extension PullRequestView {
  /// Reads a pull request from the fields of its task's record; nil if there is none.
  public init?(fields: [String: JSONValue]) {
    guard let core = fields["pr"], var view = PullRequestView(json: core) else { return nil }
    if let part = fields[Part.checks] { view.readChecks(part) }
    if let part = fields[Part.reviews] { view.readReviews(part) }
    if let part = fields[Part.obligations] {
      view.obligations = ObligationLedger((part.array ?? []).compactMap(Obligation.init(json:)))
    }
    if let part = fields[Part.work] {
      view.readWork(part)
      // Of parts that two machines wrote at once each has the later word: the status that one of them stored need not
      // be where the facts of both put it.
      view.status = view.standing
    }
    self = view
  }

  /// The fields that hold it, of which only those that changed since are written.
  public func fields(since old: PullRequestView?) -> [String: JSONValue] {
    let before = old?.parts ?? [:]
    return parts.filter { before[$0.key] != $0.value }
  }

  private enum Part {
    static let checks = "pr.checks"
    static let reviews = "pr.reviews"
    static let obligations = "pr.obligations"
    static let work = "pr.work"
  }

  private var parts: [String: JSONValue] {
    [
      "pr": json, Part.checks: checksPart, Part.reviews: reviewsPart, Part.work: workPart,
      Part.obligations: .array(obligations.entries.map(\.json)),
    ]
  }

  private var checksPart: JSONValue {
    JSONValue.compact([
      "target_base": .string(targetBase), "pending": pendingPair?.json,
      "pending_since": pendingTime.since.map(JSONValue.number),
      "pending_before": pendingTime.before == 0 ? nil : .number(pendingTime.before),
      "held_since": heldTime.since.map(JSONValue.number),
      "held_before": heldTime.before == 0 ? nil : .number(heldTime.before),
      "green": greenPair?.json,
      "unchecked": isUnchecked ? true : nil,
      "failed": failedChecks.isEmpty ? nil : .array(failedChecks.map(\.json)),
      "reruns": reruns.isEmpty ? nil : .array(reruns.map(\.json)), "conflict": conflictPair?.json,
      "merge_tries": mergeTries == 0 ? nil : .number(mergeTries),
    ])
  }

  private mutating func readChecks(_ part: JSONValue) {
    targetBase = part["target_base"]?.string ?? baseHead
    pendingPair = part["pending"].flatMap(CommitPair.init(json:))
    pendingTime.since = part["pending_since"]?.int
    pendingTime.before = part["pending_before"]?.int ?? 0
    heldTime.since = part["held_since"]?.int
    heldTime.before = part["held_before"]?.int ?? 0
    greenPair = part["green"].flatMap(CommitPair.init(json:))
    isUnchecked = part["unchecked"]?.bool ?? false
    failedChecks = (part["failed"]?.array ?? []).compactMap(FailedCheck.init(json:))
    reruns = (part["reruns"]?.array ?? []).compactMap(CheckRerun.init(json:))
    conflictPair = part["conflict"].flatMap(CommitPair.init(json:))
    mergeTries = part["merge_tries"]?.int ?? 0
  }

  private var reviewsPart: JSONValue {
    JSONValue.compact([
      "reviews": reviews.isEmpty ? nil : .array(reviews.map(\.json)),
      "seen": seenReviews.isEmpty ? nil : .texts(seenReviews),
      "asked_head": reviewAskedHead.map(JSONValue.string),
      "asked_at": reviewAskedAt.map(JSONValue.number),
      "rounds": reviewRounds == 0 ? nil : .number(reviewRounds),
      "same_work": sameWork.isEmpty ? nil : .texts(sameWork),
    ])
  }

  private mutating func readReviews(_ part: JSONValue) {
    reviews = (part["reviews"]?.array ?? []).compactMap(Review.init(json:))
    seenReviews = part["seen"]?.strings ?? []
    reviewAskedHead = part["asked_head"]?.string
    reviewAskedAt = part["asked_at"]?.int
    reviewRounds = part["rounds"]?.int ?? 0
    sameWork = part["same_work"]?.strings ?? []
  }

  private var workPart: JSONValue {
    JSONValue.compact([
      "activity": activity?.json, "question": question?.json,
      "last_failure": lastFailure.map { .string(String($0.prefix(1000))) },
      "unmoved": unmovedRepairs == 0 ? nil : .number(unmovedRepairs),
      "closed": isClosed ? true : nil, "revision": .number(revision),
      "work_since": workSince.map(JSONValue.number),
    ])
  }

  private mutating func readWork(_ part: JSONValue) {
    activity = part["activity"].flatMap(PullRequestActivity.init(json:))
    question = part["question"].flatMap(Question.init(json:))
    lastFailure = part["last_failure"]?.string
    unmovedRepairs = part["unmoved"]?.int ?? 0
    isClosed = part["closed"]?.bool ?? false
    revision = part["revision"]?.int ?? 0
    workSince = part["work_since"]?.int
  }
}

extension CommitPair {
  init?(json: JSONValue) {
    guard let head = json["head"]?.string, let base = json["base"]?.string else { return nil }
    self.init(head: head, base: base)
  }

  var json: JSONValue { ["head": .string(head), "base": .string(base)] }
}

extension FailedCheck {
  init?(json: JSONValue) {
    guard let name = json["name"]?.string, let run = json["run"]?.string else { return nil }
    self.init(name: name, run: run, log: json["log"]?.string)
  }

  /// The log of the first failing check is in the pull request's own field; of each, its end is here.
  var json: JSONValue {
    JSONValue.compact([
      "name": .string(name), "run": .string(run),
      "log": log.map { .string(String($0.suffix(200))) },
    ])
  }
}

extension CheckRerun {
  init?(json: JSONValue) {
    guard let name = json["name"]?.string, let run = json["run"]?.string,
      let pair = CommitPair(json: json)
    else { return nil }
    self.init(name: name, run: run, pair: pair)
  }

  var json: JSONValue {
    [
      "name": .string(name), "run": .string(run), "head": .string(pair.head),
      "base": .string(pair.base),
    ]
  }
}

extension Review {
  init?(json: JSONValue) {
    guard let id = json["id"]?.string, let reviewer = json["by"]?.string,
      let verdict = json["verdict"]?.string.flatMap(Verdict.init), let head = json["head"]?.string
    else { return nil }
    self.init(id: id, reviewer: reviewer, verdict: verdict, head: head)
  }

  var json: JSONValue {
    [
      "id": .string(id), "by": .string(reviewer), "verdict": .string(verdict.rawValue),
      "head": .string(head),
    ]
  }
}
