/// The token in use, asked for once and renewed when the forge refuses it.
actor TokenHolder {
  private let source: TokenSource
  private var current: AccessToken?

  init(_ source: TokenSource) { self.source = source }

  /// The token.
  func token() async throws(ForgeError) -> AccessToken {
    if let current, !source.expires { return current }
    let fresh = try await source.token(nil)
    current = fresh
    return fresh
  }

  /// Another token than the refused one; nil if there is no other.
  func replacement(for refused: AccessToken) async throws(ForgeError) -> AccessToken? {
    if let current, current != refused { return current }
    let fresh = try await source.token(refused)
    current = fresh
    return fresh == refused ? nil : fresh
  }
}
