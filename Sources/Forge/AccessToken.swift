/// A secret that opens a forge; whatever prints it prints stars.
public struct AccessToken: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// The secret itself, for the one header that carries it.
  let secret: String

  /// A token; nil if it is empty or has characters that no header may have.
  public init?(_ secret: String) {
    let trimmed = secret.filter { !$0.isWhitespace }
    guard !trimmed.isEmpty, trimmed.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return nil
    }
    self.secret = trimmed
  }

  /// Stars.
  public var description: String { "***" }

  /// Stars, also for `dump` and mirrors.
  public var customMirror: Mirror { Mirror(self, children: ["secret": "***"]) }

  /// The text without the secret.
  func scrubbed(_ text: String) -> String {
    text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
  }
}

/// Where tokens come from: the environment, a program, an App's key; decided by who composes.
public struct TokenSource: Sendable {
  /// Gives a token; the argument is one that the forge has just refused, to be replaced if possible.
  let token: @Sendable (_ refused: AccessToken?) async throws(ForgeError) -> AccessToken
  /// True if tokens end by themselves: the source is asked for each request, and knows whether one is still good.
  let expires: Bool

  /// A source that may renew: given a refused token it returns another, or the same if it has none.
  public init(
    expires: Bool = false,
    _ token: @escaping @Sendable (_ refused: AccessToken?) async throws(ForgeError) -> AccessToken
  ) {
    self.token = token
    self.expires = expires
  }

  /// Always the same token; throws `.noToken` if there is none.
  public static func fixed(_ token: AccessToken?) -> TokenSource {
    TokenSource { _ throws(ForgeError) in
      guard let token else { throw .noToken }
      return token
    }
  }
}
