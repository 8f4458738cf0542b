import Foundation
import JSON

/// A GitHub App as the fake knows it: its public key, where it is installed, and the tokens that it got.
struct FakeApp: Sendable {
  static let allPermissions = [
    "metadata": "read", "contents": "write", "pull_requests": "write", "issues": "write",
    "checks": "read", "statuses": "read", "actions": "write", "workflows": "write",
  ]

  var id: Int
  /// The file with its public key, in PEM.
  var publicKey: String
  var installation = 4711
  var isInstalled = true
  var isSuspended = false
  var permissions = FakeApp.allPermissions
  /// How long a token is good, in seconds.
  var tokenSeconds = 3600
  /// How far the fake's clock is ahead of everybody's, in seconds.
  var ahead = 0
  /// Tokens that were handed out, and when they end, in seconds since 1970.
  var tokens: [String: Int] = [:]
  /// How many were handed out.
  var count = 0

  init(id: Int, publicKey: String) {
    self.id = id
    self.publicKey = publicKey
  }

  /// True for a token that has not ended.
  func knows(_ token: String, at now: Int) -> Bool { (tokens[token] ?? 0) > now + ahead }

  /// What is wrong with an assertion, in GitHub's words; nil if nothing is.
  ///
  /// The signature is checked by the openssl program. Source: RFC 7515, section 5.2.
  func problem(with assertion: String, at now: Int) -> String? {
    let undecodable = "A JSON web token could not be decoded"
    let parts = assertion.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let header = Self.decoded(parts[0]),
      let claims = Self.decoded(parts[1]), let signature = Self.decoded(parts[2]),
      let head = try? JSONValue(parsing: Array(header)),
      let body = try? JSONValue(parsing: Array(claims)), head["alg"]?.string == "RS256"
    else { return undecodable }
    guard body["iss"]?.int == id else { return "Integration not found" }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try? signature.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let check = FakeRepository.run(
      ["openssl", "dgst", "-sha256", "-verify", publicKey, "-signature", file.path], in: "/",
      input: Array("\(parts[0]).\(parts[1])".utf8))
    guard check.status == 0 else { return undecodable }
    let here = now + ahead
    guard let end = body["exp"]?.int, end > here else {
      return
        "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
    }
    guard end <= here + 600 else {
      return "'Expiration time' claim ('exp') is too far in the future"
    }
    guard let start = body["iat"]?.int, start <= here else {
      return
        "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
    }
    return nil
  }

  private static func decoded(_ text: String) -> Data? {
    guard !text.contains("="), !text.contains("+"), !text.contains("/") else { return nil }
    var base = text.replacing("-", with: "+").replacing("_", with: "/")
    while base.count % 4 != 0 { base += "=" }
    return Data(base64Encoded: base)
  }

  /// The password of a `Basic` authorization, which is what git sends.
  static func password(_ authorization: String?) -> String? {
    guard let authorization, authorization.hasPrefix("Basic "),
      let data = Data(base64Encoded: String(authorization.dropFirst("Basic ".count)))
    else { return nil }
    let parts = String(decoding: data, as: UTF8.self).split(separator: ":", maxSplits: 1)
    return parts.count == 2 && parts[0] == "x-access-token" ? String(parts[1]) : nil
  }

  /// The date of an answer (RFC 9110, section 5.6.7).
  static func date(_ seconds: Int) -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(secondsFromGMT: 0)
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return format.string(from: Date(timeIntervalSince1970: Double(seconds)))
  }
}

extension FakeGitHub.World {
  /// True if a request may be answered with this authorization.
  func accepts(_ authorization: String?) -> Bool {
    guard let app else { return authorization == "Bearer \(token)" }
    return app.knows(String((authorization ?? "").dropFirst("Bearer ".count)), at: time())
  }
}

extension FakeCall {
  /// The two requests that an App makes as itself; nil for any other.
  mutating func appAnswer() -> FakeReply? {
    let isLookUp = path.count == 4 && path[0] == "repos" && path[3] == "installation"
    guard let app = world.app, path.first == "app" || isLookUp else { return nil }
    let assertion = String((request.headers["authorization"] ?? "").dropFirst("Bearer ".count))
    if let problem = app.problem(with: assertion, at: world.time()) {
      return failure(problem.hasPrefix("Integration") && isLookUp ? 404 : 401, problem)
    }
    return nil
  }

  /// Where the App is installed.
  mutating func appInstallation() -> RouteAnswer {
    guard let app = world.app, app.isInstalled else { return (404, "Not Found", []) }
    return (
      200,
      [
        "id": .number(app.installation), "app_id": .number(app.id), "account": .null,
        "permissions": .object(app.permissions.mapValues(JSONValue.string)),
        "repository_selection": "selected", "suspended_by": .null, "suspended_at": .null,
        "single_file_name": .null,
      ], []
    )
  }

  /// A new token of the App's installation.
  mutating func appToken(_ installation: Int) -> RouteAnswer {
    guard var app = world.app, installation == app.installation else {
      return (404, "Not Found", [])
    }
    if app.isSuspended { return (403, "This installation has been suspended", []) }
    guard app.isInstalled, body?["repositories"]?.strings == [world.state.name] else {
      return (
        422,
        "There is at least one repository that does not exist or is not accessible to the parent installation.",
        []
      )
    }
    app.count += 1
    // As GitHub makes them since 2026: `ghs_`, the App's number, and a signed token that is nobody's business.
    let claims = String(repeating: "a", count: 420)
    let token = "ghs_\(app.id)_eyJhbGciOiJSUzI1NiJ9.\(claims)\(app.count).\(claims.prefix(86))"
    let end = world.time() + app.ahead + app.tokenSeconds
    app.tokens[token] = end
    world.app = app
    return (
      201,
      [
        "token": .string(token), "expires_at": FakeState.instant(end),
        "permissions": .object(app.permissions.mapValues(JSONValue.string)),
        "repository_selection": "selected",
      ], []
    )
  }
}
