internal import JSON

/// An answer of GitHub.
struct GitHubAnswer: Sendable {
  /// The status code.
  var status: Int
  /// Values by lower-case name.
  var headers: [String: String]
  /// The body; null if there is none.
  var json = JSONValue.null
  /// Why the body is not JSON; nil if it is, or is empty.
  var problem: JSONError?

  /// Reads a whole answer.
  init(_ head: HTTPHead, _ body: [UInt8]) {
    status = head.status
    headers = head.headers
    guard !body.isEmpty else { return }
    do throws(JSONError) { json = try JSONValue(parsing: body) } catch { problem = error }
  }

  /// The address of the next page (RFC 8288).
  var nextPage: String? { LinkHeader.target("next", in: headers["link"] ?? "") }

  /// What GitHub says is wrong: its message, and the messages of its parts.
  var message: String {
    let parts = (json["errors"]?.array ?? []).prefix(5).compactMap { part -> String? in
      if let text = part.string ?? part["message"]?.string { return text }
      guard let field = part["field"]?.string, let code = part["code"]?.string else { return nil }
      return "\(field): \(code)"
    }
    let all = [json["message"]?.string].compactMap { $0 } + parts
    return all.isEmpty ? "status \(status)" : all.joined(separator: "; ")
  }

  /// The limit that it is refused for; nil if it is not.
  ///
  /// Source: GitHub, "Rate limits for the REST API": 403 or 429 for both kinds, nothing left for the
  /// primary one, `retry-after` or the message for the secondary; GraphQL says it with status 200.
  var refusedFor: ForgeError.RateLimit? {
    let isSecondary =
      headers["retry-after"] != nil || says("secondary rate limit") || says("abuse detection")
    switch status {
    case 429: return isNothingLeft && headers["retry-after"] == nil ? .primary : .secondary
    case 403 where isSecondary: return .secondary
    case 403 where isNothingLeft: return .primary
    case 200:
      guard let errors = json["errors"]?.array, !errors.isEmpty else { return nil }
      if errors.contains(where: { $0["type"]?.string == "RATE_LIMITED" }) { return .primary }
      return isSecondary && json["data"]?.isNull ?? true ? .secondary : nil
    default: return nil
    }
  }

  private var isNothingLeft: Bool { headers["x-ratelimit-remaining"] == "0" }

  private func says(_ words: String) -> Bool { message.lowercased().contains(words) }
}
