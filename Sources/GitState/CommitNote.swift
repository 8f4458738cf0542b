/// What a commit of the state says to the people who read `git log refs/orchestrator`.
public struct CommitNote: Sendable, Hashable {
  /// The longest subject, in characters.
  public static let maximumSubjectLength = 72
  /// The longest body, in characters.
  public static let maximumBodyLength = 2000

  /// What happened, in a word or two: "done", "started".
  public var verb: String
  /// To what: the task's title.
  public var title: String
  /// A short remark in parentheses: "attempt 2, 14m".
  public var detail: String?
  /// A paragraph for people.
  public var body: String?
  /// Lines for machines, in order.
  public var trailers: [Trailer]

  /// One `Name: value` line.
  public struct Trailer: Sendable, Hashable {
    /// The name before the colon.
    public let name: String
    /// The value after it.
    public let value: String

    /// Both parts.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// All parts.
  public init(
    verb: String, title: String, detail: String? = nil, body: String? = nil,
    trailers: [Trailer] = []
  ) {
    self.verb = verb
    self.title = title
    self.detail = detail
    self.body = body
    self.trailers = trailers
  }

  /// The whole message for a record: subject, body, trailers.
  func message(for key: RecordKey, event kind: String, host: String) -> String {
    var text = subject(for: key.id) + "\n"
    if let body = body.map(Self.paragraph), !body.isEmpty { text += "\n\(body)\n" }
    let own: [Trailer] = [.init(key.collection.trailer, key.id.text), .init("Orch-Event", kind)]
    let all = own + trailers + [.init("Orch-Host", host), .init("Orch-Format", "1")]
    text += "\n"
    for trailer in all { text += "\(trailer.name): \(Self.line(trailer.value))\n" }
    return text
  }

  private func subject(for id: RecordID) -> String {
    let start = "\(id.short) \(Self.line(verb)): "
    let end = detail.map { " (\(Self.line($0)))" } ?? ""
    let room = Self.maximumSubjectLength - start.count - end.count
    let title = Self.line(self.title)
    if title.count <= room { return start + title + end }
    guard room > 12 else {
      return String((start + title).prefix(Self.maximumSubjectLength - 1)) + "…"
    }
    return start + title.prefix(room - 1) + "…" + end
  }

  /// One line without control, bidirectional and line-breaking characters.
  static func line(_ text: String) -> String {
    if isPlain(text) { return text }
    let kept = text.unicodeScalars.map { isUnsafe($0) ? " " : Character($0) }
    return String(kept).split(separator: " ", omittingEmptySubsequences: true)
      .joined(separator: " ")
  }

  /// True for printable ASCII with single spaces between words: nothing is to be cleaned then.
  private static func isPlain(_ text: String) -> Bool {
    var last = UInt8(ascii: " ")
    for byte in text.utf8 {
      guard (0x20..<0x7F).contains(byte), byte != 0x20 || last != 0x20 else { return false }
      last = byte
    }
    return last != 0x20 || text.isEmpty
  }

  /// Several lines, cleaned, bounded, and without anything that looks like a trailer block.
  private static func paragraph(_ text: String) -> String {
    let lines = text.prefix(maximumBodyLength).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let cleaned = lines.map { line(String($0)) }
    return cleaned.map { $0.hasPrefix("Orch-") ? " " + $0 : $0 }.joined(separator: "\n")
      .trimmingBlankLines()
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069,
      0xFEFF:
      true
    default: false
    }
  }
}

extension String {
  fileprivate func trimmingBlankLines() -> String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
