/// Takes what looks like a credential out of a text: forges mask what they know, not what they do not.
enum SecretPattern {
  /// The beginnings of tokens of well-known services, and how many characters must follow.
  private static let beginnings: [(text: String, count: Int)] = [
    ("ghp_", 30), ("gho_", 30), ("ghs_", 30), ("ghu_", 30), ("ghr_", 30), ("github_pat_", 30),
    ("glpat-", 16), ("sk-ant-", 16), ("sk-", 32), ("xoxb-", 16), ("xoxp-", 16), ("AKIA", 16),
    ("npm_", 30), ("AIza", 30), ("hf_", 30),
  ]

  /// The text with stars in place of tokens and of passwords in URLs.
  static func redact(_ text: String) -> String {
    var result = text
    for beginning in beginnings where result.contains(beginning.text) {
      result = redact(result, beginning.text, beginning.count)
    }
    if result.contains("://") && result.contains("@") { result = withoutPasswords(result) }
    return result
  }

  private static func redact(_ text: String, _ beginning: String, _ count: Int) -> String {
    var result = ""
    var rest = text[...]
    while let place = rest.firstRange(of: beginning) {
      let secret = rest[place.upperBound...].prefix(while: isTokenCharacter)
      let isWord = rest[..<place.lowerBound].last.map { !isTokenCharacter($0) } ?? true
      result += rest[..<place.upperBound]
      if secret.count >= count && isWord { result += "***" } else { result += secret }
      rest = rest[secret.endIndex...]
    }
    return result + rest
  }

  private static func withoutPasswords(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let place = rest.firstRange(of: "://") {
      let authority = rest[place.upperBound...].prefix { !"/ \"'<>".contains($0) }
      result += rest[..<place.upperBound]
      if let at = authority.lastIndex(of: "@"), authority[..<at].contains(":") {
        result += "***" + authority[at...]
      } else {
        result += authority
      }
      rest = rest[authority.endIndex...]
    }
    return result + rest
  }

  private static func isTokenCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "_-".contains(character))
  }
}
