internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import JSON

/// A GitHub App as it is configured.
public struct AppCredentials: Sendable {
  /// Its id, or its client id.
  public let id: String
  /// The number of its installation; nil is looked up by the repository.
  public let installation: Int?
  /// Its private key in PEM, read anew each time: keys are exchanged while orch runs.
  let privateKey: @Sendable () throws(ForgeError) -> String

  /// All parts.
  public init(
    id: String, installation: Int? = nil,
    privateKey: @escaping @Sendable () throws(ForgeError) -> String
  ) {
    self.id = id
    self.installation = installation
    self.privateKey = privateKey
  }
}

/// A GitHub App with its key: it proves who it is.
struct GitHubApp: Sendable {
  /// How long an assertion is good, in seconds: GitHub allows ten minutes at most.
  static let lifeSeconds = 540
  /// How far its beginning lies back, in seconds: clocks differ.
  static let skewSeconds = 60

  private let id: String
  private let key: _RSA.Signing.PrivateKey

  /// An App and its private key in PEM, as GitHub hands it out (PKCS#1) or as PKCS#8.
  ///
  /// Throws `ForgeError.app`.
  init(id: String, privateKey: String) throws(ForgeError) {
    self.id = id
    guard privateKey.contains("PRIVATE KEY") else {
      throw .app(.unreadableKey("the file holds no private key in PEM"))
    }
    do {
      key = try _RSA.Signing.PrivateKey(pemRepresentation: privateKey)
    } catch {
      throw .app(.unreadableKey("it is no RSA key of 2048 bits or more, or has a passphrase"))
    }
  }

  /// A JSON Web Token that says who it is, signed with RS256; `now` in seconds since 1970.
  ///
  /// Source: GitHub, "Generating a JSON Web Token (JWT) for a GitHub App"; RFC 7515, RFC 7519.
  func assertion(now: Int) throws(ForgeError) -> AccessToken {
    // An id is a number to older GitHub Enterprise servers, a client id is a text.
    let issuer = Int(id).map { JSONValue.number($0) } ?? .string(id)
    let header: JSONValue = ["alg": "RS256", "typ": "JWT"]
    let claims: JSONValue = [
      "exp": .number(now + Self.lifeSeconds), "iat": .number(now - Self.skewSeconds),
      "iss": issuer,
    ]
    let parts = [header, claims].map { Self.encoded($0.canonicalBytes) }
    let text = parts.joined(separator: ".")
    do {
      let signature = try key.signature(
        for: SHA256.hash(data: Array(text.utf8)), padding: .insecurePKCS1v1_5)
      guard
        let token = AccessToken("\(text).\(Self.encoded(Array(signature.rawRepresentation)))")
      else { throw ForgeError.app(.unreadableKey("it signs nothing")) }
      return token
    } catch let error as ForgeError {
      throw error
    } catch {
      throw .app(.unreadableKey("it cannot sign"))
    }
  }

  /// Base64 with the letters for addresses, without padding (RFC 4648, section 5).
  private static func encoded(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }
}
