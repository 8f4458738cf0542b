internal import Foundation

/// Where a GitHub is: its REST and GraphQL addresses.
struct GitHubEndpoint: Sendable, Hashable {
  /// The base of REST, without a slash at the end.
  let rest: String
  /// The address of GraphQL.
  let graphql: String
  /// The host, for messages.
  let host: String

  /// GitHub's own.
  static let standard = "https://api.github.com"

  /// Reads a base URL: `https://api.github.com`, or `https://HOST/api/v3` of a GitHub Enterprise.
  ///
  /// Without TLS only this machine is spoken to, for tests. Throws `.configuration`.
  init(_ text: String) throws(ForgeError) {
    var base = text
    while base.hasSuffix("/") { base.removeLast() }
    guard let parts = URLComponents(string: base), let scheme = parts.scheme?.lowercased(),
      let host = parts.host, !host.isEmpty
    else { throw .configuration("'\(text)' is not the URL of an interface") }
    guard scheme == "https" || (scheme == "http" && Self.isLoopback(host)) else {
      throw .configuration("'\(text)' is not https: a token would be readable on the way")
    }
    guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil else {
      throw .configuration("'\(host)' must be given without user, query or fragment")
    }
    rest = base
    self.host = host
    graphql = base.hasSuffix("/api/v3") ? base.dropLast(3) + "/graphql" : base + "/graphql"
  }

  /// True for this machine.
  static func isLoopback(_ host: String) -> Bool {
    ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host.lowercased())
  }

  /// The address that a `Location` or `Link` names, relative to an address.
  static func resolve(_ location: String, from url: String) -> String? {
    URL(string: location, relativeTo: URL(string: url))?.absoluteURL.absoluteString
  }

  /// The host of an address, for messages.
  static func host(of url: String) -> String {
    ForgeLimits.cut(URLComponents(string: url)?.host ?? "?", to: ForgeLimits.detailBytes)
  }

  /// True if the token may be sent there: the same scheme, host and port as the interface.
  func isOwn(_ url: String) -> Bool { Self.origin(url) == Self.origin(rest) }

  /// True if an address may be read without a token: TLS, or this machine while testing on it.
  func mayRead(_ url: String) -> Bool {
    guard let parts = URLComponents(string: url), let target = parts.host else { return false }
    return parts.scheme?.lowercased() == "https"
      || (Self.isLoopback(target) && Self.isLoopback(host) && rest.hasPrefix("http:"))
  }

  private static func origin(_ url: String) -> [String]? {
    guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
      let host = parts.host?.lowercased()
    else { return nil }
    return [scheme, host, String(parts.port ?? (scheme == "https" ? 443 : 80))]
  }

  /// A path's part with everything escaped that is not unreserved (RFC 3986, section 2.3).
  static func escape(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return result
  }
}
