/// One of the five fields: which numbers fit, and whether it was left open with `*`.
struct CronField: Sendable, Hashable {
  /// The bit of each number that fits.
  let bits: UInt64
  /// True if it begins with `*`, as cron means it: also in `*/2`.
  let isOpen: Bool

  /// What a field may hold.
  struct Kind: Sendable {
    let name: String
    let range: ClosedRange<Int>
    var names: [String] = []
  }

  static let minute = Kind(name: "minute", range: 0...59)
  static let hour = Kind(name: "hour", range: 0...23)
  static let day = Kind(name: "day of month", range: 1...31)
  static let month = Kind(
    name: "month", range: 1...12,
    names: [
      "", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ])
  static let weekday = Kind(
    name: "day of week", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

  /// Reads lists, ranges and steps: `*`, `*/15`, `1-5`, `1-30/2`, `mon,wed`.
  init(_ text: Substring, _ kind: Kind) throws(ScheduleError) {
    isOpen = text.first == "*"
    var bits: UInt64 = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      for number in try Self.numbers(part, of: text, kind) { bits |= 1 << UInt64(number) }
    }
    if kind.range.upperBound == 7, bits & 1 << 7 != 0 { bits = bits & ~(1 << 7) | 1 }
    self.bits = bits
  }

  /// True if a number fits.
  func contains(_ number: Int) -> Bool { bits & 1 << UInt64(number) != 0 }

  /// The smallest number that fits and is at least this one.
  func first(from number: Int) -> Int? {
    guard number < 64 else { return nil }
    let rest = bits >> UInt64(number)
    return rest == 0 ? nil : number + rest.trailingZeroBitCount
  }

  private static func numbers(
    _ part: Substring, of text: Substring, _ kind: Kind
  ) throws(ScheduleError) -> StrideThrough<Int> {
    let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
    func wrong(_ reason: String) -> ScheduleError {
      .field(name: kind.name, text: String(text.prefix(60)), reason: reason)
    }
    guard pieces.count <= 2, let whole = pieces.first, !whole.isEmpty else {
      throw wrong("cannot be read")
    }
    let bounds: ClosedRange<Int>
    if whole == "*" {
      bounds = kind.range.upperBound == 7 ? 0...6 : kind.range
    } else {
      let ends = whole.split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count <= 2, let first = ends.first.flatMap({ number($0, kind) }),
        let last = ends.last.flatMap({ number($0, kind) })
      else {
        let range = "\(kind.range.lowerBound) to \(kind.range.upperBound)"
        throw wrong("cannot be read: it holds numbers from \(range)")
      }
      guard first <= last else { throw wrong("goes from the greater to the smaller number") }
      guard pieces.count == 1 || ends.count == 2 else {
        throw wrong("has a step without a range: write '*/n' or 'a-b/n'")
      }
      bounds = first...last
    }
    guard pieces.count == 2 else {
      return stride(from: bounds.lowerBound, through: bounds.upperBound, by: 1)
    }
    guard let step = digits(pieces[1]), step > 0 else {
      throw wrong("has a step that is not a number above 0")
    }
    return stride(from: bounds.lowerBound, through: bounds.upperBound, by: min(step, 1000))
  }

  private static func number(_ text: Substring, _ kind: Kind) -> Int? {
    if let number = digits(text) { return kind.range.contains(number) ? number : nil }
    return text.isEmpty ? nil : kind.names.firstIndex(of: text.lowercased())
  }

  /// A number without a sign; `Int` would take one.
  private static func digits(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }
}
