internal import JSON

/// Speaks HTTP with GitHub: headers, budget, retries, redirects, typed failures.
///
/// Source: GitHub, "Best practices for using the REST API".
struct GitHubClient: Sendable {
  /// How often a request is sent for faults that pass.
  static let maximumTries = 4
  /// How often a request is sent after refusals for limits.
  static let maximumLimits = 5
  /// How many redirects are followed.
  static let maximumRedirects = 3
  /// The pause before the second try, in milliseconds; it doubles, and chance takes up to half away.
  static let firstPause = 400

  let endpoint: GitHubEndpoint
  let userAgent: String
  let timeoutSeconds: Int
  let transport: HTTPTransport
  let tokens: TokenHolder
  let budget: APIBudget
  let clock: ForgeClock
  let cache = ResponseCache()

  /// Sends a request until it is answered, or until trying again makes no sense.
  func send(_ request: GitHubRequest) async throws(ForgeError) -> GitHubAnswer {
    var tries = 1
    var limits = 0
    var token = try await tokens.token()
    while true {
      do throws(ForgeError) {
        return try await follow(request, token)
      } catch {
        switch error {
        case .tokenRefused:
          guard let other = try await tokens.replacement(for: token) else { throw error }
          token = other
        case .limited(let limit, _) where limit != .reserve && limits < Self.maximumLimits:
          // The budget knows when the next may go, and refuses if that is too far away.
          limits += 1
        default:
          guard isWorthRepeating(error, request), tries < Self.maximumTries else { throw error }
          try await pause(beforeTry: tries)
          tries += 1
        }
      }
    }
  }

  /// Waits before a request is sent again; each pause is twice the one before, less a random part.
  func pause(beforeTry tries: Int) async throws(ForgeError) {
    let whole = Self.firstPause << min(tries - 1, 5)
    let milliseconds = whole - Int(Double(whole / 2) * clock.chance())
    do { try await clock.sleep(milliseconds) } catch { throw .cancelled }
  }

  private func isWorthRepeating(_ error: ForgeError, _ request: GitHubRequest) -> Bool {
    switch error {
    case .unreachable: true
    case .interrupted, .timedOut, .serverFault, .invalidAnswer: request.isRepeatable
    default: false
    }
  }

  /// Sends a request, and again where GitHub says that it moved (a renamed repository).
  private func follow(
    _ request: GitHubRequest, _ token: AccessToken
  ) async throws(ForgeError) -> GitHubAnswer {
    var request = request
    for _ in 0...Self.maximumRedirects {
      let answer = try await once(request, token)
      guard [301, 302, 307, 308].contains(answer.status), !request.accepted.contains(answer.status)
      else { return try checked(answer, of: request, token) }
      guard let location = answer.headers["location"],
        let target = GitHubEndpoint.resolve(location, from: request.url)
      else { throw .refused(call: request.call, detail: "a redirect without a target") }
      guard endpoint.isOwn(target) else {
        throw .movedElsewhere(call: request.call, host: GitHubEndpoint.host(of: target))
      }
      request.url = target
    }
    throw .refused(call: request.call, detail: "a redirect in a circle")
  }

  /// One request and its answer, within the budget; a refusal for a limit is an error.
  private func once(
    _ request: GitHubRequest, _ token: AccessToken
  ) async throws(ForgeError) -> GitHubAnswer {
    try await budget.begin(request.demand)
    let call = HTTPCall(
      method: request.method, url: request.url, headers: headers(request, token),
      body: request.body.map { $0.canonicalBytes }, timeoutSeconds: timeoutSeconds)
    let answer: GitHubAnswer
    do throws(TransportError) {
      let (head, body) = try await transport.collect(call, maximumBytes: ForgeLimits.answerBytes)
      answer = GitHubAnswer(head, body)
    } catch {
      await budget.end(nil, resource: request.resource)
      throw explain(error, request, token)
    }
    let limit = answer.refusedFor
    let notice = RateNotice(headers: answer.headers, now: clock.now())
    let until = await budget.end(notice, resource: request.resource, refusedFor: limit)
    if let limit, let until { throw .limited(limit, until: until) }
    return answer
  }

  /// The headers of a request.
  func headers(
    _ request: GitHubRequest, _ token: AccessToken
  ) -> [(name: String, value: String)] {
    var headers = [
      (name: "Accept", value: "application/vnd.github+json"),
      (name: "Authorization", value: "Bearer \(token.secret)"),
      (name: "User-Agent", value: userAgent),
      (name: "X-GitHub-Api-Version", value: "2022-11-28"),
    ]
    if let etag = request.etag { headers.append((name: "If-None-Match", value: etag)) }
    if request.body != nil { headers.append((name: "Content-Type", value: "application/json")) }
    return headers
  }
}
