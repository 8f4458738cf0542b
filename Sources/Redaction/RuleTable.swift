/// Everything that a redactor looks for, made ready once.
struct RuleTable: Sendable {
  private(set) var triggers = TriggerTable()
  private(set) var patterns: [SecretPattern] = []
  /// The shapes that services use have to look like chance; those of a person are taken as they are.
  private(set) var ownPatterns = 0
  let known: KnownValues

  /// Compiles the built-in shapes and those of a person.
  init(custom: [SecretPattern], known: KnownValues) {
    self.known = known
    for head in known.heads { triggers.add(.known, at: head) }
    for pattern in custom { add(pattern) }
    ownPatterns = custom.count
    for (kind, shapes) in ProviderPatterns.all {
      for shape in shapes {
        // A shape that cannot be read would be a mistake in the table; a test compiles every one.
        if let pattern = try? SecretPattern(shape, kind: kind) { add(pattern) }
      }
    }
    addTriggers()
  }

  private mutating func add(_ pattern: SecretPattern) {
    for head in pattern.heads { triggers.add(pattern: patterns.count, at: head) }
    patterns.append(pattern)
  }

  private mutating func addTriggers() {
    for last in SecretName.lastLetters {
      for letter in [last, last & 0xDF] {
        for sign in "=:>".utf8 { triggers.add(.assignment, at: [letter, sign]) }
      }
    }
    for sign in "=:],".utf8 {
      for quote in "\"'`".utf8 { triggers.add(.assignment, at: [quote, sign]) }
    }
    for pair in [" =", " :", "]=", "]:", "?:", "?="] { triggers.add(.assignment, at: pair) }
    for quote in "\"'".utf8 { triggers.add(.assignment, at: [quote, 0x20]) }
    triggers.add(.flag, at: "--")
    triggers.add(.armour, at: "---")
    for head in KeyBody.heads { triggers.add(.keyBody, at: head) }
    for head in ["://", ":\\/"] { triggers.add(.url, at: head) }
    for head in ["bea", "Bea", "BEA"] { triggers.add(.bearer, at: head) }
    triggers.add(.webToken, at: "eyJ")
    for head in MiddleShape.heads { triggers.add(.middle, at: head) }
  }
}
