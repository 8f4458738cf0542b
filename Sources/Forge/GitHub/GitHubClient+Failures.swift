internal import JSON
internal import Redaction

extension GitHubClient {
  /// The answer if it is one of success, or one that the caller reads; an error otherwise.
  func checked(
    _ answer: GitHubAnswer, of request: GitHubRequest, _ token: AccessToken
  ) throws(ForgeError) -> GitHubAnswer {
    let call = request.call
    if request.accepted.contains(answer.status) { return answer }
    if (200..<300).contains(answer.status) {
      if let problem = answer.problem {
        throw .invalidAnswer(call: call, detail: problem.description)
      }
      return answer
    }
    let detail = readable(answer.message, token)
    switch answer.status {
    case 401: throw .tokenRefused(detail: detail)
    case 403: throw forbidden(answer, call, detail)
    case 404, 410, 451: throw .notFound(call: call)
    case 400, 405, 406, 409, 412, 413, 415, 422: throw .refused(call: call, detail: detail)
    case 500...: throw .serverFault(call: call, status: answer.status)
    default: throw .invalidAnswer(call: call, detail: "status \(answer.status)")
    }
  }

  private func forbidden(_ answer: GitHubAnswer, _ call: String, _ detail: String) -> ForgeError {
    if let sign = answer.headers["x-github-sso"],
      let url = sign.split(separator: "url=").dropFirst()
        .first?.prefix(while: { $0 != ";" && $0 != " " })
    {
      return .needsSingleSignOn(url: ForgeLimits.cut(String(url), to: ForgeLimits.detailBytes))
    }
    if detail.contains("archived") { return .archived(call: call) }
    return .notAllowed(call: call, needed: Self.needed(answer.headers), detail: detail)
  }

  /// The scopes or permissions that GitHub names and the token has not.
  static func needed(_ headers: [String: String]) -> [String] {
    let words = { (name: String) -> [String] in
      (headers[name] ?? "").split { $0 == "," || $0 == ";" }
        .map { String($0.filter { $0 != " " }) }.filter { !$0.isEmpty }
    }
    let permissions = words("x-accepted-github-permissions")
    if !permissions.isEmpty { return permissions.map { "permission \($0)" } }
    let accepted = words("x-accepted-oauth-scopes")
    let has = words("x-oauth-scopes")
    // One of the accepted scopes is enough.
    guard !accepted.isEmpty, !accepted.contains(where: has.contains) else { return [] }
    return ["scope \(accepted.joined(separator: " or "))"]
  }

  /// The error for a request that was not answered.
  func explain(
    _ error: TransportError, _ request: GitHubRequest, _ token: AccessToken
  ) -> ForgeError {
    switch error {
    case .notSent(let detail): .unreachable(host: endpoint.host, detail: readable(detail, token))
    case .broken(let detail): .interrupted(call: request.call, detail: readable(detail, token))
    case .timedOut: .timedOut(call: request.call, seconds: timeoutSeconds)
    case .tooLarge: .tooLarge(call: request.call, limitBytes: ForgeLimits.answerBytes)
    case .cancelled: .cancelled
    }
  }

  private static let redactor = Redactor()

  /// A text for a person: one line, bounded, without the token.
  func readable(_ text: String, _ token: AccessToken) -> String {
    let line = text.map { $0.isNewline || $0.asciiValue.map { $0 < 0x20 } == true ? " " : $0 }
    let scrubbed = Self.redactor.redact(token.scrubbed(String(line)))
    return ForgeLimits.cut(scrubbed, to: ForgeLimits.detailBytes)
  }
}
