internal import Redaction

/// Cuts a job's log to what matters while it is read: memory does not grow with the log.
///
/// Kept are the head of the step that failed, its first error with what is around it, later errors, and
/// the end of the step. Errors of steps that went on are dropped: a step ends where GitHub Actions
/// begins the next (`##[group]Run`), and it failed if a `##[error]` came before that.
struct LogTrimmer: Sendable {
  /// A line with its place.
  private struct Entry: Sendable {
    let number: Int
    let line: LogLine
  }

  /// The latest lines up to a number of bytes.
  private struct Ring: Sendable {
    private(set) var entries: [Entry] = []
    private var bytes = 0
    let maximumLines: Int
    let maximumBytes: Int

    init(lines: Int, bytes: Int) {
      maximumLines = lines
      maximumBytes = bytes
    }

    mutating func append(_ entry: Entry) {
      entries.append(entry)
      bytes += entry.line.bytes.count + 1
      // Removed in heaps, so that a long log does not move the array at each line.
      guard entries.count >= maximumLines * 2 || bytes > maximumBytes * 2 else { return }
      entries = latest
      bytes = entries.reduce(0) { $0 + $1.line.bytes.count + 1 }
    }

    /// What is within both limits.
    var latest: [Entry] {
      var room = maximumBytes
      let kept = entries.suffix(maximumLines).reversed().prefix {
        room -= $0.line.bytes.count + 1
        return room >= 0
      }
      return kept.reversed()
    }
  }

  /// Lines that are kept around errors, up to a number of bytes.
  private struct Block: Sendable {
    private(set) var entries: [Entry] = []
    private var room: Int
    init(bytes: Int) { room = bytes }

    mutating func append(_ entry: Entry) {
      room -= entry.line.bytes.count + 1
      if room >= 0, entry.number > entries.last?.number ?? 0 { entries.append(entry) }
    }
  }

  /// Lines before an error.
  static let linesBefore = 8
  /// Lines after the first error.
  static let linesAfterFirst = 40
  /// Lines after a later error.
  static let linesAfterLater = 6
  /// Lines at the end of the failed step.
  static let linesAtEnd = 40
  /// The longest line that is looked at, in bytes; the rest of it is skipped.
  static let maximumLineBytes = 16 << 10

  /// Made once: its table of rules takes long to make.
  private static let redactor = Redactor()

  private let window: ClosedRange<Int>?
  private let maximumBytes: Int
  private var partial: [UInt8] = []
  private var lineCount = 0
  private var silent = 0
  private var lastTime: Int?
  private var head: Entry?
  private var before: Ring
  private var end: Ring
  private var first: Block
  private var later: Block
  private var firstError: Entry?
  private var firstMark: Entry?
  private var after = 0
  /// True once the step wrote a `##[error]`.
  private var hasFailed = false
  /// True once the failed step ended: nothing after it matters.
  private var isOver = false

  /// A trimmer; with a window, only lines of these times (milliseconds since 1970) are looked at.
  init(window: ClosedRange<Int>? = nil, maximumBytes: Int = ForgeLimits.keptLogBytes) {
    self.window = window
    self.maximumBytes = maximumBytes
    before = Ring(lines: Self.linesBefore, bytes: maximumBytes / 8)
    end = Ring(lines: Self.linesAtEnd, bytes: maximumBytes / 4)
    first = Block(bytes: maximumBytes * 4 / 10)
    later = Block(bytes: maximumBytes / 5)
  }

  /// Takes the next bytes of the log.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while let place = rest.firstIndex(of: 0x0A) {
      appendPartial(rest[..<place])
      take(LogLine(partial[...]))
      partial.removeAll(keepingCapacity: true)
      rest = rest[(place + 1)...]
    }
    appendPartial(rest)
  }

  private mutating func appendPartial(_ bytes: Slice<UnsafeRawBufferPointer>) {
    partial.append(contentsOf: bytes.prefix(Self.maximumLineBytes - partial.count))
  }

  private mutating func take(_ line: LogLine) {
    lineCount += 1
    if let time = line.time { lastTime = time }
    if let window, let lastTime, !window.contains(lastTime) { return }
    if line.mark == .endgroup || line.mark == .debug {
      silent += 1
      return
    }
    let entry = Entry(number: lineCount - silent, line: line)
    if line.mark == .group, line.bytes.starts(with: Array("Run ".utf8)) { beginStep(entry) }
    if hasFailed, line.bytes.elementsEqual("Post job cleanup.".utf8) { isOver = true }
    guard !isOver else { return }
    if LogErrorPattern.matches(line) {
      takeError(entry)
    } else if after > 0 {
      after -= 1
      keep(entry)
    } else {
      before.append(entry)
    }
    end.append(entry)
    guard line.mark == .error else { return }
    hasFailed = true
    if firstMark == nil { firstMark = entry }
    if LogErrorPattern.isExitCode(line) { isOver = true }
  }

  /// A step begins: what the one before said is dropped unless it failed.
  private mutating func beginStep(_ entry: Entry) {
    guard !hasFailed else { return isOver = true }
    var fresh = LogTrimmer(window: window, maximumBytes: maximumBytes)
    fresh.lineCount = lineCount
    fresh.silent = silent
    fresh.lastTime = lastTime
    fresh.head = entry
    self = fresh
  }

  private mutating func takeError(_ entry: Entry) {
    let isFirst = firstError == nil
    if isFirst { firstError = entry }
    after = isFirst ? Self.linesAfterFirst : max(after, Self.linesAfterLater)
    for old in before.latest { keep(old) }
    before = Ring(lines: Self.linesBefore, bytes: maximumBytes / 8)
    keep(entry)
  }

  private mutating func keep(_ entry: Entry) {
    guard let firstError else { return }
    if entry.number <= firstError.number + Self.linesAfterFirst {
      first.append(entry)
    } else {
      later.append(entry)
    }
  }

  /// The result, after the last byte.
  mutating func finish(isCutOff: Bool = false) -> TrimmedLog {
    if !partial.isEmpty {
      take(LogLine(partial[...]))
      partial = []
    }
    var kept: [Int: LogLine] = [:]
    for entry in first.entries + later.entries + end.latest {
      kept[entry.number] = entry.line
    }
    if let head { kept[head.number] = head.line }
    return TrimmedLog(
      text: text(kept),
      firstError: (firstError ?? firstMark).map { Self.redactor.redact($0.line.text) },
      section: head.map { Self.redactor.redact($0.line.text) }, lineCount: lineCount,
      isCutOff: isCutOff)
  }

  /// Kept lines in order, with a note where lines are missing and for lines that repeat.
  private func text(_ kept: [Int: LogLine]) -> String {
    var lines: [String] = []
    var expected = 1
    var previous: LogLine?
    var repeats = 0
    for (number, line) in kept.sorted(by: { $0.key < $1.key }) {
      if line.bytes == previous?.bytes, number == expected {
        repeats += 1
        expected += 1
        continue
      }
      if repeats > 0 { lines.append("[… \(repeats) more times]") }
      repeats = 0
      if number > expected { lines.append("[… \(number - expected) lines left out …]") }
      lines.append(line.text)
      previous = line
      expected = number + 1
    }
    if repeats > 0 { lines.append("[… \(repeats) more times]") }
    let missing = lineCount - silent - expected + 1
    if missing > 0 { lines.append("[… \(missing) lines left out …]") }
    return ForgeLimits.cut(Self.redactor.redact(lines.joined(separator: "\n")), to: maximumBytes)
  }
}
