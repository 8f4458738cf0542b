/// One pass over one line: where its secrets are.
struct Scan {
  /// How much work a line may make for each of its bytes, in bytes looked at.
  static let stepsPerByte = 48
  /// The work that every line may make.
  static let freeSteps = 16_384

  let rules: RuleTable
  var line: Line
  private(set) var findings: [Finding] = []
  /// True if the line was given up: all of it must go.
  private(set) var isExhausted = false
  /// The key whose body goes on in the next line.
  var openKey: KeyBody?
  /// Where the end of a key stands whose beginning is not in this line.
  var keyEnd: Int?
  /// The work so far, in bytes looked at.
  private(set) var steps = 0
  private var next = 0

  init(rules: RuleTable, line: Line) {
    self.rules = rules
    self.line = line
  }

  /// Looks at a line of the same buffer.
  mutating func begin(_ start: Int, _ end: Int) {
    line.start = start
    line.end = end
    if !findings.isEmpty { findings = [] }
    isExhausted = false
    openKey = nil
    keyEnd = nil
    steps = 0
  }

  /// Finds everything in the line.
  mutating func run() {
    next = line.start
    while next < line.end, !isExhausted {
      let index = rules.triggers.next(in: line.bytes, from: next, to: line.end)
      guard index < line.end else { break }
      next = index + 1
      let bucket = rules.triggers.bucket(line[index], line[index + 1])
      for entry in bucket.patterns { shape(rules.triggers.patterns[entry], at: index) }
      if bucket.triggers != 0 { follow(bucket.triggers, at: index) }
    }
    if !findings.isEmpty { findings = Finding.merged(findings.map { EscapeGuard.fit($0, line) }) }
  }

  private mutating func follow(_ triggers: UInt16, at index: Int) {
    var rest = triggers
    while rest != 0, let trigger = Trigger(rawValue: UInt16(rest.trailingZeroBitCount)) {
      rest &= rest - 1
      switch trigger {
      case .assignment: assignment(at: index)
      case .flag: flag(at: index)
      case .command: command(at: index)
      case .armour: armour(at: index)
      case .keyBody: keyBody(at: index)
      case .url: url(at: index)
      case .bearer: bearer(at: index)
      case .webToken: webToken(at: index)
      case .middle: middle(at: index)
      case .known: known(at: index)
      }
    }
  }

  /// Notes a secret.
  mutating func find(_ start: Int, _ end: Int, _ kind: String) {
    guard start < end, !line.has(Finding.opening, at: start) else { return }
    findings.append(Finding(range: start..<end, kind: kind))
  }

  /// Goes on at a later index: what lies before it has been dealt with.
  mutating func skip(to index: Int) { next = max(next, index) }

  /// Counts work; a line that makes too much of it is given up.
  mutating func count(_ bytes: Int) {
    steps += bytes
    if steps > Self.freeSteps + Self.stepsPerByte * (line.end - line.start) { isExhausted = true }
  }

  private mutating func shape(_ number: Int, at index: Int) {
    let pattern = rules.patterns[number]
    let (found, looked) = pattern.match(in: line, at: index)
    count(looked - index)
    guard var end = found else { return }
    while end > index, line[end - 1] == UInt8(ascii: ".") { end -= 1 }
    if number >= rules.ownPatterns {
      let body = min(end, index + pattern.fixedCount)..<end
      guard Randomness.isVaried(line, body) else { return }
    }
    find(index, end, pattern.kind)
  }

  private mutating func known(at index: Int) {
    let (range, looked) = rules.known.match(in: line, at: index)
    count(looked)
    if let range { find(range.lowerBound, range.upperBound, "known") }
  }
}
