internal import Foundation
internal import JSON

/// Decides what a request to the listener is worth.
///
/// All that a signed delivery can bring about is a look: what is so is read from the forge. Who forges one, or sends an
/// old one again, gains nothing but that look.
public struct WebhookJudge: Sendable {
  /// What a request comes to.
  public enum Verdict: Sendable, Hashable {
    /// A signed delivery about something that orch looks at.
    case news(WebhookDelivery)
    /// A signed delivery that asks for nothing.
    case ignored(WebhookDelivery, because: String)
    /// Not a delivery of this forge, or not a whole one.
    case refused(WebhookReply)
  }

  /// The path that deliveries are sent to.
  public static let path = "/webhooks/github"
  /// The largest body, in bytes: GitHub sends up to 25 MB, and what orch listens to is far smaller.
  ///
  /// What is refused is seen by the next look all the same.
  public static let maximumBytes = 5 << 20

  /// The kinds of events after which orch has something to look at.
  ///
  /// Source: GitHub, "Webhook events and payloads".
  public static let events: Set<String> = [
    "push", "create", "delete", "pull_request", "pull_request_review",
    "pull_request_review_comment", "pull_request_review_thread", "issues", "issue_comment",
    "check_run", "check_suite", "status", "workflow_run", "merge_group",
  ]

  private let secret: WebhookSecret

  /// Judges by this secret.
  public init(_ secret: WebhookSecret) { self.secret = secret }

  /// Why a request need not be read to its end; nil if it is to be.
  public func refusal(of request: WebhookRequest) -> WebhookReply? {
    guard request.path == Self.path else { return WebhookReply(404, "nothing is here") }
    guard request.method == "POST" else { return WebhookReply(405, "only POST is answered") }
    let length = request.header("content-length").flatMap { Int($0) } ?? 0
    guard length <= Self.maximumBytes else {
      return WebhookReply(413, "larger than \(Self.maximumBytes) bytes")
    }
    guard request.headers["x-hub-signature-256"] != nil else {
      return WebhookReply(403, "not signed")
    }
    return nil
  }

  /// The verdict on a whole request.
  public func judge(_ request: WebhookRequest) -> Verdict {
    if let refusal = refusal(of: request) { return .refused(refusal) }
    guard request.body.count <= Self.maximumBytes else {
      return .refused(WebhookReply(413, "larger than \(Self.maximumBytes) bytes"))
    }
    guard let signature = request.header("x-hub-signature-256"),
      secret.signed(signature, request.body)
    else { return .refused(WebhookReply(403, "the signature is wrong")) }
    guard let id = request.header("x-github-delivery"), Self.isName(id, besides: "-"),
      let event = request.header("x-github-event"), Self.isName(event, besides: "_")
    else { return .refused(WebhookReply(400, "not named as GitHub names deliveries")) }
    guard let text = Self.payload(request) else {
      return .refused(WebhookReply(415, "neither JSON nor a form"))
    }
    guard let json = try? JSONValue(parsing: text), case .object = json else {
      return .refused(WebhookReply(400, "not a JSON object"))
    }
    let delivery = WebhookDelivery(
      id: id, event: event, action: Self.word(json["action"]),
      repository: Self.word(json["repository"]?["full_name"]),
      code: String(signature.dropFirst("sha256=".count)).lowercased())
    if event == "ping" { return .ignored(delivery, because: "it works") }
    guard Self.events.contains(event) else {
      return .ignored(delivery, because: "nothing depends on it")
    }
    return .news(delivery)
  }

  /// The JSON of a body: all of it, or a form's field `payload`; nil for other types.
  private static func payload(_ request: WebhookRequest) -> [UInt8]? {
    let type = request.header("content-type")?.lowercased().prefix { $0 != ";" && $0 != " " }
    switch type {
    case "application/json": return request.body
    case "application/x-www-form-urlencoded":
      for field in request.body.split(separator: UInt8(ascii: "&")) {
        let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1)
        guard parts.count == 2, parts[0].elementsEqual("payload".utf8) else { continue }
        let text = String(decoding: parts[1], as: UTF8.self).replacing("+", with: " ")
        return text.removingPercentEncoding.map { Array($0.utf8) }
      }
      return []
    default: return nil
    }
  }

  /// True for what GitHub names deliveries and events: letters, digits and one more character.
  private static func isName(_ text: String, besides other: Character) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == other) }
  }

  /// A word of a payload that may stand in a line of the log; nil for anything else.
  private static func word(_ value: JSONValue?) -> String? {
    guard let text = value?.string, (1...200).contains(text.utf8.count),
      text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_./".contains($0)) })
    else { return nil }
    return text
  }
}
