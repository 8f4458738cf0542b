internal import GitState

/// What of a remote's state was kept out, as people read it.
enum FindingText {
  /// The most findings that are told one by one.
  static let maximumLines = 5
  /// The first millisecond of the year 10000: what is dated later is dated by no clock.
  private static let endOfDates = 253_402_300_800_000.0

  /// A line for each of the first, and one for the others.
  static func lines(_ findings: [Finding]) -> [String] {
    var lines = findings.prefix(maximumLines).map { "kept out '\($0.path)': \(words($0.reason))" }
    let more = findings.count - lines.count
    if more > 0 { lines.append("kept out \(more) more: 'orch sync --json' names them") }
    return lines
  }

  /// Why something is kept out.
  static func words(_ reason: Finding.Reason) -> String {
    switch reason {
    case .mode(let mode):
      "it is no plain file but a link, a program or a submodule (mode \(String(mode, radix: 8)))"
    case .name: "no file of a state has such a name"
    case .caseClash(let other): "it differs from '\(other)' in capitals only"
    case .wrongKind: "it is a file where the format has a folder, or a folder where it has a file"
    case .malformedFolder: "git does not write folders like that"
    case .tooDeep(let limit): "it is more than \(limit) names from the top"
    case .tooManyEntries(let count?, let limit): "it has \(count) entries, of at most \(limit)"
    case .tooManyEntries(nil, let limit): "it has more than \(limit) entries"
    case .tooManyPaths(let limit): "it has more than \(limit) files and folders"
    case .tooLarge(let bytes, let limit): "it has \(bytes) bytes, of at most \(limit)"
    case .unreadable(let text): "it cannot be read: \(text)"
    case .longLines(let count, let limit):
      "\(lines(count)) longer than \(limit) bytes"
    case .futureLines(let count, let latest):
      "\(lines(count)) more than a year ahead of this machine's clock, up to \(date(latest)): one of the two "
        + "clocks is wrong"
    case .numbers(let count): "\(lines(count)) numbered too high to be counted on"
    }
  }

  private static func lines(_ count: Int) -> String {
    count == 1 ? "1 line is" : "\(count) lines are"
  }

  private static func date(_ milliseconds: Double) -> String {
    guard milliseconds >= 0, milliseconds < endOfDates else { return "no date that there is" }
    return Timestamp.text(Int(milliseconds))
  }
}
