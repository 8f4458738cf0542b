import Testing

@testable import Redaction

@Suite struct `The rules` {
  @Test func `every shape of a service can be read`() throws {
    for (kind, shapes) in ProviderPatterns.all {
      for shape in shapes { _ = try SecretPattern(shape, kind: kind) }
    }
    #expect(Set(ProviderPatterns.all.map(\.kind)).count == ProviderPatterns.all.count)
  }

  @Test func `names of secrets are told from others`() {
    func meaning(_ name: String) -> SecretName? {
      SecretName(Line(Array(name.utf8)), 0..<name.utf8.count)
    }
    for name in ["password", "DB_PASSWORD", "dbPass", "user-pw", "Passwd", "PGPASSWORD"] {
      #expect(meaning(name) == .password, "\(name)")
    }
    for name in [
      "apiKey", "X-Api-Key", "api_key", "clientSecret", "GITHUB_TOKEN", "SECRET_KEY_BASE",
    ] {
      #expect(meaning(name) == .token, "\(name)")
    }
    for name in [
      "bypass", "compass", "key", "tokens", "nextPageToken", "public_key", "secretName", "",
    ] {
      #expect(meaning(name) == nil, "\(name)")
    }
  }

  @Test func `a finding takes escapes whole`() {
    func fit(_ text: String, _ range: Range<Int>) -> Range<Int> {
      EscapeGuard.fit(Finding(range: range, kind: "x"), Line(Array(text.utf8))).range
    }
    #expect(fit(#"a\npm"#, 2..<5) == 1..<5)
    #expect(fit(#"a\u001dop"#, 6..<9) == 1..<9)
    #expect(fit(#"secret\"x"#, 0..<7) == 0..<6)
    #expect(fit(#"a\\b"#, 3..<4) == 1..<4)
  }

  @Test(arguments: [
    "password=", "ghp_", "sk-", "xoxb-", "a://b:", "-----BEGIN PRIVATE KEY-----", "eyJ", "Q~", "\\",
    "MIIE", "Bearer ", "token=\"", "curl -u ", "AAAA", "=", ":", "\"token\":", "LS0tLS1CRUdJTi",
    "-----END PRIVATE KEY-----", "password:\\\"", "-", "eyJaaaaaaaaaaaa.",
    "cookie: a=bcdefghijklm;",
  ])
  func `a line made to be slow makes linear work, or is given up`(piece: String) {
    let rules = RuleTable(custom: [], known: KnownValues())
    func scan(_ count: Int) -> Scan {
      let bytes = Array(String(repeating: piece, count: count / piece.utf8.count).utf8)
      var scan = Scan(rules: rules, line: Line(bytes))
      scan.run()
      return scan
    }
    let small = scan(4000)
    let large = scan(16_000)
    #expect(large.isExhausted || large.steps <= 6 * max(small.steps, 4000), "\(piece)")
    #expect(large.steps < 16_000 * Scan.stepsPerByte + 100_000)
  }
}
