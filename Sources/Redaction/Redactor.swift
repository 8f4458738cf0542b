/// Replaces secrets by `[redacted:kind]` before something is stored.
///
/// What it promises: the same text redacted twice is the text redacted once; the number of lines stays;
/// JSON stays JSON; a line that cannot be judged within its limits goes whole; time is linear in the
/// text. It is a value without state, safe to share.
public struct Redactor: Sendable {
  /// The longest line that is looked at unless something else is said, in bytes.
  public static let defaultLineLimit = 8 << 20
  /// How often a line is looked at again after something in it was replaced.
  static let maximumPasses = 6

  let rules: RuleTable
  /// The longest line that is looked at, in bytes; a longer one is replaced whole.
  public let lineLimit: Int

  /// A redactor for the built-in shapes, a person's own, and values that are known to be secret.
  ///
  /// Values of fewer than eight bytes, or of digits only, are passed over.
  public init(
    patterns: [SecretPattern] = [], values: [String] = [], lineLimit: Int = defaultLineLimit
  ) {
    rules = RuleTable(custom: patterns, known: KnownValues(values))
    self.lineLimit = lineLimit
  }

  /// The bytes without their secrets.
  public func redact(_ bytes: [UInt8]) -> [UInt8] {
    var stream = RedactionStream(self)
    let first = stream.append(bytes)
    let last = stream.finish()
    return last.isEmpty ? first : first + last
  }

  /// The text without its secrets.
  public func redact(_ text: String) -> String {
    String(decoding: redact(Array(text.utf8)), as: UTF8.self)
  }

  /// True if nothing in the bytes would be replaced.
  public func isClean(_ bytes: [UInt8]) -> Bool { redact(bytes) == bytes }

  /// A line without its secrets, and the key whose body goes on behind it.
  ///
  /// It is looked at until nothing more is found, as it will be looked at when it comes again.
  func settle(_ bytes: [UInt8], _ key: KeyBody?) -> (text: [UInt8], key: KeyBody?) {
    var text = bytes
    var open = key
    var next: KeyBody?
    for _ in 0..<Self.maximumPasses {
      var scan = Scan(rules: rules, line: Line(text))
      scan.run()
      var findings = scan.findings
      if let key = open {
        let body = Self.body(of: scan.line, key, rules)
        next = body.openKey
        if !body.findings.isEmpty {
          findings += body.findings.map { EscapeGuard.fit($0, scan.line) }
          open = nil
        }
      }
      if scan.isExhausted { return (Self.wholeLine(text), next) }
      next = next ?? scan.openKey
      if findings.isEmpty { return (text, next) }
      text = Self.replace(text, Finding.merged(findings))
    }
    return (Self.wholeLine(text), next)
  }

  /// What a line adds to the body of a key that was begun before it.
  private static func body(of line: Line, _ key: KeyBody, _ rules: RuleTable) -> Scan {
    var scan = Scan(rules: rules, line: line)
    scan.body(from: line.start, key)
    let column = line.start + key.column
    let isMarked = (line.start..<min(column, line.end)).contains {
      line.has(Finding.opening, at: $0)
    }
    if scan.findings.isEmpty, scan.openKey == nil, key.column > 0, column < line.end, !isMarked {
      scan.body(from: column, key)
    }
    return scan
  }

  private static func replace(_ text: [UInt8], _ findings: [Finding]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var position = 0
    for finding in findings {
      result += text[position..<finding.range.lowerBound]
      result += Finding.marker(finding.kind)
      position = finding.range.upperBound
    }
    return result + text[position...]
  }

  /// What stands for a line that was given up: an object where the line looked like one.
  static func wholeLine(_ text: [UInt8]) -> [UInt8] {
    let marker = Finding.marker("line")
    guard text.first(where: { !$0.isBlank }) == UInt8(ascii: "{"),
      text.last(where: { !$0.isBlank }) == UInt8(ascii: "}")
    else { return marker }
    return Array("{\"redacted\":\"".utf8) + marker + Array("\"}".utf8)
  }
}
