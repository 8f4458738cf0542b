internal import Crypto
internal import Foundation

/// What a forge and orch know of a webhook and nobody else; whatever prints it prints stars.
public struct WebhookSecret: Sendable, CustomStringConvertible, CustomReflectable {
  /// The fewest characters: a short one is found by trying.
  public static let minimumLength = 16

  private let key: SymmetricKey

  /// A secret; nil if it is too short.
  ///
  /// White space around it, such as a file's last line break, is none of it.
  public init?(_ text: String) {
    let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard secret.utf8.count >= Self.minimumLength else { return nil }
    key = SymmetricKey(data: Array(secret.utf8))
  }

  /// True if a signature is that of a body: HMAC with SHA-256, compared in a time that does not depend on it.
  ///
  /// `signature` is the value of `X-Hub-Signature-256`. Source: GitHub, "Validating webhook deliveries".
  func signed(_ signature: String, _ body: [UInt8]) -> Bool {
    guard let code = Self.code(of: signature) else { return false }
    return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: key)
  }

  /// The bytes of `sha256=` and 64 hexadecimal digits; nil for anything else.
  static func code(of signature: String) -> [UInt8]? {
    let prefix = "sha256="
    let digits = Array(signature.utf8.dropFirst(prefix.utf8.count))
    guard signature.hasPrefix(prefix), digits.count == 2 * SHA256.byteCount else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Character(Unicode.Scalar(digits[index])).hexDigitValue,
        let low = Character(Unicode.Scalar(digits[index + 1])).hexDigitValue
      else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }

  /// Stars.
  public var description: String { "***" }

  /// Stars, also for `dump` and mirrors.
  public var customMirror: Mirror { Mirror(self, children: ["key": "***"]) }
}
