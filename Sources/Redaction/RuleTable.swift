/// Everything that a redactor looks for, made ready once.
struct RuleTable: Sendable {
  private(set) var triggers: TriggerTable
  let patterns: [SecretPattern]
  /// The shapes that services use have to look like chance; those of a person are taken as they are.
  let ownPatterns: Int
  let known: KnownValues

  /// Compiles the built-in shapes and those of a person.
  init(custom: [SecretPattern], known: KnownValues) {
    self.known = known
    ownPatterns = custom.count
    // A shape that cannot be read would be a mistake in the table; a test compiles every one.
    let patterns =
      custom
      + ProviderPatterns.all.flatMap { kind, shapes in
        shapes.compactMap { try? SecretPattern($0, kind: kind) }
      }
    self.patterns = patterns
    triggers = TriggerTable(
      patterns: patterns.enumerated().flatMap { number, pattern in
        pattern.heads.map { (head: $0, pattern: number) }
      })
    for head in known.heads { triggers.add(.known, at: head) }
    addTriggers()
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
    for head in ["ssh", "mac", " -u"] { triggers.add(.command, at: head) }
    triggers.add(.armour, at: "---")
    for head in KeyBody.heads { triggers.add(.keyBody, at: head) }
    for head in ["://", ":\\/"] { triggers.add(.url, at: head) }
    for head in ["bea", "Bea", "BEA"] { triggers.add(.bearer, at: head) }
    triggers.add(.webToken, at: "eyJ")
    for head in MiddleShape.heads { triggers.add(.middle, at: head) }
  }
}
