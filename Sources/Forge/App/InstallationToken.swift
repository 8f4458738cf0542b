internal import JSON

/// A token that a GitHub App works with for an hour.
public struct InstallationToken: Sendable, Hashable {
  /// What must be left of it when it is used, in milliseconds: a long answer takes a while.
  static let marginMilliseconds = 300_000
  /// How old one must be before a refusal is answered with another, in milliseconds.
  static let refusalMilliseconds = 60_000

  /// The token.
  public let token: AccessToken
  /// When it ends, in milliseconds since 1970.
  public let expiresAt: Int
  /// When it was made, in milliseconds since 1970.
  public let madeAt: Int
  /// What it may do: `contents` to `write`, ...; nil if GitHub did not say.
  public let permissions: [String: String]?
  /// Whom it was made for; a file with that of another App or repository is of no use.
  public let purpose: String

  /// The secret itself, for the program that asked for it: git's helpers answer in clear text.
  public var spelled: String { token.secret }

  /// True if it may be used now.
  func isFresh(at now: Int) -> Bool { now < expiresAt - Self.marginMilliseconds && now >= madeAt }

  /// The form in a file that nobody else can read.
  var bytes: [UInt8] {
    JSONValue.object(
      [
        "token": .string(token.secret), "expires": .number(expiresAt), "made": .number(madeAt),
        "for": .string(purpose),
        "permissions": permissions.map { .object($0.mapValues(JSONValue.string)) } ?? .null,
      ]
    ).canonicalBytes
  }

  /// Reads that form; nil for anything else.
  init?(bytes: [UInt8]) {
    guard let json = try? JSONValue(parsing: bytes),
      let token = json["token"]?.string.flatMap(AccessToken.init),
      let expiresAt = json["expires"]?.int, let madeAt = json["made"]?.int,
      let purpose = json["for"]?.string
    else { return nil }
    self.init(
      token: token, expiresAt: expiresAt, madeAt: madeAt,
      permissions: json["permissions"]?.object?.compactMapValues(\.string), purpose: purpose)
  }

  init(
    token: AccessToken, expiresAt: Int, madeAt: Int, permissions: [String: String]?, purpose: String
  ) {
    self.token = token
    self.expiresAt = expiresAt
    self.madeAt = madeAt
    self.permissions = permissions
    self.purpose = purpose
  }
}

extension InstallationToken {
  /// What orch cannot do without: without the checks, a pull request whose CI fails looks like one that has none.
  static let needed = [
    ("contents", "write"), ("pull_requests", "write"), ("issues", "write"), ("checks", "read"),
    ("statuses", "read"),
  ]
  /// What orch does less without.
  static let wanted = [
    ("actions", "write", "failing checks are not run once more, and their logs are not read"),
    ("workflows", "write", "branches that change .github/workflows cannot be pushed"),
  ]

  /// The permissions that are missing of those that are needed, as GitHub names them.
  var missing: [String] {
    guard let permissions else { return [] }
    return Self.needed.filter { !Self.suffices(permissions[$0.0], for: $0.1) }
      .map { "\($0.0) (\($0.1))" }
  }

  /// The permissions that would be good to have, and what is not done without them.
  public var shortcomings: [(permission: String, effect: String)] {
    guard let permissions else { return [] }
    return Self.wanted.filter { !Self.suffices(permissions[$0.0], for: $0.1) }
      .map { ("\($0.0) (\($0.1))", $0.2) }
  }

  private static func suffices(_ given: String?, for needed: String) -> Bool {
    let levels = ["read", "write", "admin"]
    guard let given = given.flatMap(levels.firstIndex), let needed = levels.firstIndex(of: needed)
    else { return false }
    return given >= needed
  }
}

/// Where an installation's token is kept between two processes.
public struct TokenShelf: Sendable {
  let read: @Sendable () -> [UInt8]?
  let write: @Sendable ([UInt8]) -> Void

  /// A shelf; what is written there nobody else may read.
  public init(
    read: @escaping @Sendable () -> [UInt8]?, write: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.read = read
    self.write = write
  }

  /// None: each process has tokens of its own.
  public static let none = TokenShelf(read: { nil }, write: { _ in })
}
