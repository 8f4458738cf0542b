/// Finds the secrets of an environment.
public enum SecretVariables {
  /// The shortest value of a variable that counts, in bytes.
  static let minimumLength = KnownValues.minimumLength

  /// The values that must not be seen: of variables whose names speak of secrets, and of `also`.
  ///
  /// A path or a plain word in such a variable is no secret: it would be found everywhere.
  public static func values(
    in environment: [String: String], also: [String] = []
  ) -> [String] {
    let named = environment.filter { name, value in
      also.contains(name) || (isSecret(name) && isLikely(value))
    }
    return named.values.filter { $0.utf8.count >= minimumLength }.sorted()
  }

  private static func isSecret(_ name: String) -> Bool {
    let line = Line(Array(name.utf8))
    switch SecretName(line, line.start..<line.end) {
    case .password, .token: return true
    case .authorization, .cookie, .basic, .signature, nil: return false
    }
  }

  private static func isLikely(_ value: String) -> Bool {
    let bytes = Array(value.utf8)
    let isPath =
      value.hasPrefix("/") && bytes.allSatisfy { $0.isWord || "/.-+@ ".utf8.contains($0) }
    if isPath, bytes.count(where: { $0 == UInt8(ascii: "/") }) > 1 { return false }
    return bytes.count >= 20 || !bytes.allSatisfy { $0.isLower || $0 == 0x5F || $0 == .dash }
  }
}
