internal import Foundation
internal import JSON

/// The tokens of an App's installation: made when needed, and again before they end or when one is refused.
public actor InstallationTokens {
  /// The largest difference between two clocks that needs no correction, in seconds.
  private static let toleratedSeconds = 30

  private let app: AppCredentials
  private let configuration: GitHubConfiguration
  private let shelf: TokenShelf
  private let clock: ForgeClock
  private let client: GitHubClient
  private let assertions: AssertionSource
  private var current: InstallationToken?
  private var making: Task<Result<InstallationToken, ForgeError>, Never>?

  /// The tokens of an App for one repository; throws `.configuration` if the address cannot be used.
  public init(
    _ app: AppCredentials, _ configuration: GitHubConfiguration, budget: APIBudget,
    shelf: TokenShelf = .none, clock: ForgeClock = .system
  ) throws(ForgeError) {
    self.app = app
    self.configuration = configuration
    self.shelf = shelf
    self.clock = clock
    let assertions = AssertionSource(app, clock)
    self.assertions = assertions
    client = GitHubClient(
      endpoint: try GitHubEndpoint(configuration.api), userAgent: configuration.userAgent,
      timeoutSeconds: configuration.timeoutSeconds,
      transport: HTTPTransport(proxy: configuration.proxy),
      tokens: TokenHolder(
        TokenSource(expires: true) { _ throws(ForgeError) in try assertions.token() }),
      budget: budget, clock: clock)
  }

  /// What a forge asks for tokens.
  public nonisolated var source: TokenSource {
    TokenSource(expires: true) { [self] refused throws(ForgeError) in
      try await token(besides: refused).token
    }
  }

  /// A token that is good for a while, and another than the refused one if that is possible.
  ///
  /// Throws `ForgeError.app` if the App may not work here, or anything that keeps GitHub from answering.
  public func token(besides refused: AccessToken? = nil) async throws(ForgeError)
    -> InstallationToken
  {
    if let known = usable(current, besides: refused) { return known }
    // Another process may have made one.
    if let known = usable(shelf.read().flatMap(InstallationToken.init), besides: refused) {
      current = known
      return known
    }
    let task = making ?? Task { await self.make() }
    making = task
    let result = await task.value
    making = nil
    let made = try result.get()
    current = made
    return made
  }

  private func usable(
    _ token: InstallationToken?, besides refused: AccessToken?
  ) -> InstallationToken? {
    guard let token, token.purpose == purpose, token.isFresh(at: clock.now()) else { return nil }
    guard token.token == refused else { return token }
    // A new one that is refused at once will not be better the second time.
    return clock.now() - token.madeAt < InstallationToken.refusalMilliseconds ? token : nil
  }

  /// Whom tokens are made for.
  private var purpose: String {
    "\(app.id) \(app.installation ?? 0) \(configuration.api) \(configuration.owner)/\(configuration.name)"
  }

  private func make() async -> Result<InstallationToken, ForgeError> {
    do throws(ForgeError) {
      let made = try await fresh()
      shelf.write(made.bytes)
      return .success(made)
    } catch {
      return .failure(error)
    }
  }

  private func fresh() async throws(ForgeError) -> InstallationToken {
    let installation: Int
    if let known = app.installation {
      installation = known
    } else {
      installation = try await lookUp()
    }
    let path = ["app", "installations", "\(installation)", "access_tokens"]
    let answer = try await ask(
      "POST", path, ["repositories": [.string(configuration.name)]], "get a token for the App")
    switch answer.status {
    case 404: throw .app(.wrongInstallation(installation, app: app.id))
    case 403: throw .app(.suspended(installation: installation))
    case 422: throw .app(.notInstalled(app: app.id, repository: repository))
    default: break
    }
    let reader = AnswerReader(answer.json, "get a token for the App")
    // Its length is GitHub's to choose: from 40 characters to several hundreds.
    guard let secret = answer.json["token"]?.string, secret.utf8.count <= ForgeLimits.tokenBytes,
      let token = AccessToken(secret), let end = reader.time("expires_at")
    else { throw .invalidAnswer(call: "get a token for the App", detail: "no token") }
    let permissions = answer.json["permissions"]?.object?.compactMapValues(\.string)
    let now = clock.now()
    // The end is by GitHub's clock.
    let made = InstallationToken(
      token: token, expiresAt: end - assertions.skew * 1000, madeAt: now, permissions: permissions,
      purpose: purpose)
    let missing = made.missing
    guard missing.isEmpty else { throw .app(.missing(permissions: missing, app: app.id)) }
    return made
  }

  private var repository: String { "\(configuration.owner)/\(configuration.name)" }

  private func lookUp() async throws(ForgeError) -> Int {
    let call = "find where the App is installed"
    let answer = try await ask(
      "GET", ["repos", configuration.owner, configuration.name, "installation"], nil, call)
    if answer.status == 404 {
      // An App that GitHub does not know is told of in the same way, and with other words.
      if answer.message.contains("Integration") { throw .app(.unknown(app: app.id)) }
      throw .app(.notInstalled(app: app.id, repository: repository))
    }
    return try AnswerReader(answer.json, call).number("id")
  }

  /// Asks as the App itself; a clock that is wrong is set right once.
  private func ask(
    _ method: String, _ path: [String], _ body: JSONValue?, _ call: String
  ) async throws(ForgeError) -> GitHubAnswer {
    let request = GitHubRequest(
      method: method, url: client.address(path), body: body, call: call, purpose: .acting,
      isRepeatable: true, accepted: [401, 403, 404, 422])
    var answer = try await client.send(request)
    if answer.status == 401, let skew = skew(answer) {
      assertions.skew = skew
      answer = try await client.send(request)
      if answer.status == 401, answer.message.contains("claim") {
        throw .app(.wrongClock(seconds: skew))
      }
    }
    if answer.status == 401 {
      let detail = ForgeLimits.cut(answer.message, to: ForgeLimits.detailBytes)
      // An id that is none has nothing that could have signed.
      if detail.contains("Integration") || detail.contains("iss") {
        throw .app(.unknown(app: app.id))
      }
      throw .app(.wrongKey(app: app.id, detail: detail))
    }
    return answer
  }

  /// How far GitHub's clock is ahead of this machine's, in seconds; nil if that was corrected or is little.
  private func skew(_ answer: GitHubAnswer) -> Int? {
    guard assertions.skew == 0, let date = answer.headers["date"],
      let there = HTTPDate.seconds(date)
    else { return nil }
    let difference = there - clock.now() / 1000
    return abs(difference) > Self.toleratedSeconds ? difference : nil
  }
}
