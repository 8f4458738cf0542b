import Foundation
import JSON

/// The webhooks of a fake: what happened in its world since the last look becomes deliveries, signed as GitHub signs.
struct FakeWebhooks: Sendable {
  /// How deliveries reach whoever listens.
  enum Mode: String, Sendable {
    case once, twice
    /// The newest first: every other batch is held back until the next one comes, and follows it.
    case shuffled
    case never
  }

  /// A delivery on its way.
  struct Delivery: Sendable {
    var id = UUID().uuidString.lowercased()
    var event: String
    var body: JSONValue
  }

  /// What a pull request or an issue was like when it was last looked at.
  private struct Picture: Sendable, Hashable {
    var state = ""
    var sha = ""
    var labels: [String] = []
    var comments = 0
    var reviews = 0
    var checks: [String] = []
  }

  var url: String
  var secret: String
  var mode = Mode.once
  /// True to send a form with a field `payload` instead of JSON.
  var isForm = false
  /// What was sent: event, name, and the status that was answered.
  var log: [(event: String, id: String, status: Int)] = []
  private var pictures: [Int: Picture] = [:]
  private var branches: [String: String] = [:]
  private var held: [Delivery] = []

  init(url: String, secret: String, _ state: FakeState) {
    self.url = url
    self.secret = secret
    _ = news(state)
  }

  /// What is to be sent now, in this order.
  mutating func deliveries(_ state: FakeState) -> [Delivery] {
    let fresh = news(state)
    switch mode {
    case .never: return []
    case .once: return fresh
    case .twice: return fresh.flatMap { [$0, $0] }
    case .shuffled:
      guard !fresh.isEmpty else { return [] }
      guard !held.isEmpty else {
        held = fresh
        return []
      }
      defer { held = [] }
      return fresh.reversed() + held.reversed()
    }
  }

  private mutating func news(_ state: FakeState) -> [Delivery] {
    var found: [Delivery] = []
    let about = { (event: String, action: String, number: Int) in
      Delivery(event: event, body: Self.body(state, action, number))
    }
    for (number, pull) in state.pulls.sorted(by: { $0.key < $1.key }) {
      var now = Picture(
        state: pull.state, sha: pull.sha, labels: pull.labels, comments: pull.comments.count)
      now.reviews = pull.reviews.count
      now.checks = pull.checks.map { $0.conclusion ?? $0.status }
      let old = pictures.updateValue(now, forKey: number)
      guard old != now else { continue }
      if old == nil { found.append(about("pull_request", "opened", number)) }
      guard let old else { continue }
      if old.sha != now.sha { found.append(about("pull_request", "synchronize", number)) }
      if old.state != now.state { found.append(about("pull_request", "closed", number)) }
      if old.labels != now.labels { found.append(about("pull_request", "labeled", number)) }
      if old.reviews < now.reviews {
        found.append(about("pull_request_review", "submitted", number))
      }
      if old.comments < now.comments { found.append(about("issue_comment", "created", number)) }
      if old.checks != now.checks { found.append(about("check_run", "completed", number)) }
    }
    for (number, issue) in state.issues.sorted(by: { $0.key < $1.key }) {
      let now = Picture(
        state: issue.isOpen ? "open" : "closed", labels: issue.labels,
        comments: issue.comments.count)
      let old = pictures.updateValue(now, forKey: number)
      if old == nil { found.append(about("issues", "opened", number)) }
      guard let old, old != now else { continue }
      if old.state != now.state { found.append(about("issues", now.state, number)) }
      if old.labels != now.labels { found.append(about("issues", "labeled", number)) }
      if old.comments < now.comments { found.append(about("issue_comment", "created", number)) }
    }
    for (name, head) in state.branches where branches[name] != head {
      found.append(about("push", "refs/heads/\(name)", 0))
    }
    branches = state.branches
    return found
  }

  /// A payload with the parts that every one of GitHub's has, and a number that only people would believe.
  private static func body(_ state: FakeState, _ action: String, _ number: Int) -> JSONValue {
    [
      "action": .string(action), "number": .number(number),
      "repository": [
        "id": 1, "name": .string(state.name),
        "full_name": .string("\(state.owner)/\(state.name)"),
      ],
      "sender": ["login": "somebody", "id": 1, "type": "User"],
      "sent": .string(UUID().uuidString),
    ]
  }

  /// Sends a delivery and waits for the answer; the status, 0 if there was none.
  ///
  /// The signature is made by the openssl program. Source: GitHub, "Validating webhook deliveries".
  static func send(_ delivery: Delivery, to hooks: FakeWebhooks) -> Int {
    var body = delivery.body.canonicalBytes
    if hooks.isForm {
      let text = delivery.body.canonicalText
        .addingPercentEncoding(withAllowedCharacters: .alphanumerics)
      body = Array("payload=\(text ?? "")".utf8)
    }
    let digest = FakeRepository.run(
      ["openssl", "dgst", "-sha256", "-hmac", hooks.secret, "-hex"], in: "/", input: body)
    let signature = digest.text.split(separator: " ").last.map(String.init) ?? ""
    let headers = [
      "Content-Type": hooks.isForm ? "application/x-www-form-urlencoded" : "application/json",
      "User-Agent": "GitHub-Hookshot/0123abc", "X-GitHub-Event": delivery.event,
      "X-GitHub-Delivery": delivery.id, "X-GitHub-Hook-ID": "1",
      "X-GitHub-Hook-Installation-Target-ID": "1",
      "X-GitHub-Hook-Installation-Target-Type": "repository",
      "X-Hub-Signature-256": "sha256=\(signature)",
    ].flatMap { ["-H", "\($0.key): \($0.value)"] }
    let answer = FakeRepository.run(
      ["curl", "-sS", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}"] + headers
        + ["--data-binary", "@-", hooks.url], in: "/", input: body)
    return Int(answer.text) ?? 0
  }
}
