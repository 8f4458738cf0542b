internal import JSON
internal import Workflow

extension Obligation {
  init?(json: JSONValue) {
    guard let pair = CommitPair(json: json), let since = json["since"]?.int else { return nil }
    let subject: Subject
    if let check = json["check"]?.string {
      subject = .check(check)
    } else if let review = json["review"]?.string {
      subject = .review(id: review, reviewer: json["by"]?.string ?? "")
    } else {
      subject = .conflict
    }
    self.init(subject, at: pair, since: since)
    deliveredTo = json["told"]?.int
    tries = json["tries"]?.int ?? 0
    end = json["end"].flatMap(ObligationEnd.init(json:))
  }

  var json: JSONValue {
    var members: [String: JSONValue?] = [
      "head": .string(pair.head), "base": .string(pair.base), "since": .number(since),
      "told": deliveredTo.map(JSONValue.number), "tries": tries == 0 ? nil : .number(tries),
      "end": end?.json,
    ]
    switch subject {
    case .check(let name): members["check"] = .string(name)
    case .review(let id, let reviewer):
      members["review"] = .string(id)
      members["by"] = .string(reviewer)
    case .conflict: break
    }
    return JSONValue.compact(members)
  }
}

extension ObligationEnd {
  init?(json: JSONValue) {
    if let head = json["moved"]?.string {
      self = .headMoved(to: head)
    } else if let reason = json["withdrawn"]?.string {
      self = .withdrawn(reason)
    } else if json.string == "asked" {
      self = .personAsked
    } else if json.string == "over" {
      self = .over
    } else {
      return nil
    }
  }

  var json: JSONValue {
    switch self {
    case .headMoved(let head): ["moved": .string(head)]
    case .withdrawn(let reason): ["withdrawn": .string(reason)]
    case .personAsked: "asked"
    case .over: "over"
    }
  }
}

extension PullRequestActivity {
  init?(json: JSONValue) {
    switch json["kind"]?.string {
    case "rebasing": self = .rebasing(token: json["token"]?.int)
    case "repairing":
      guard let token = json["token"]?.int else { return nil }
      self = .repairing(token: token)
    case "merging":
      guard let pair = CommitPair(json: json) else { return nil }
      self = .merging(pair)
    default: return nil
    }
  }

  var json: JSONValue {
    switch self {
    case .rebasing(let token):
      JSONValue.compact(["kind": "rebasing", "token": token.map(JSONValue.number)])
    case .repairing(let token): ["kind": "repairing", "token": .number(token)]
    case .merging(let pair):
      ["kind": "merging", "head": .string(pair.head), "base": .string(pair.base)]
    }
  }
}

extension Question {
  init?(json: JSONValue) {
    guard let cause = json["cause"]?.string.flatMap(Cause.init), let text = json["text"]?.string
    else { return nil }
    self.init(cause, text)
    isDelivered = json["delivered"]?.bool ?? false
  }

  var json: JSONValue {
    JSONValue.compact([
      "cause": .string(cause.rawValue), "text": .string(String(text.prefix(1000))),
      "delivered": isDelivered ? true : nil,
    ])
  }
}
