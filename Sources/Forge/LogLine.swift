/// One line of a log, made readable: no time stamp, no ANSI sequences, no control characters.
///
/// It stays bytes until it is known to be kept, because a log may have millions of lines.
struct LogLine: Sendable, Hashable {
  /// What GitHub Actions marks a line as (`##[error]` and so on).
  enum Mark: String, Sendable, Hashable, CaseIterable {
    case group, endgroup, error, warning, notice, command, debug, section
  }

  /// The time that the runner wrote before it, in milliseconds since 1970.
  let time: Int?
  /// The mark.
  let mark: Mark?
  /// The text after time and mark, UTF-8.
  let bytes: [UInt8]

  /// The longest line, in bytes.
  static let maximumBytes = 600

  /// Reads a line without its line feed; of what was overwritten by carriage returns the last counts.
  init(_ line: ArraySlice<UInt8>) {
    var rest = line
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    while rest.last == 0x0D { rest = rest.dropLast() }
    time = Self.takeTime(&rest)
    if let last = rest.lastIndex(of: 0x0D) { rest = rest[(last + 1)...] }
    mark = Self.takeMark(&rest)
    bytes = Self.plain(rest)
  }

  /// The text, not redacted yet.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Takes `2026-01-31T12:00:00.1234567Z ` off the beginning.
  private static func takeTime(_ line: inout ArraySlice<UInt8>) -> Int? {
    guard let first = line.first, (0x30...0x39).contains(first),
      let space = line.prefix(40).firstIndex(of: 0x20), let time = Instant.parse(line[..<space])
    else { return nil }
    line = line[(space + 1)...]
    return time
  }

  /// Takes `##[error]`, and the older `::error file=a::`, off the beginning.
  private static func takeMark(_ line: inout ArraySlice<UInt8>) -> Mark? {
    if line.starts(with: Array("##[".utf8)) {
      let name = line.dropFirst(3).prefix { $0 != UInt8(ascii: "]") }
      guard name.endIndex < line.endIndex, let mark = mark(name) else { return nil }
      line = line[(name.endIndex + 1)...]
      return mark
    }
    guard line.starts(with: Array("::".utf8)) else { return nil }
    let name = line.dropFirst(2).prefix { (0x61...0x7A).contains($0) }
    guard let mark = mark(name) else { return nil }
    var end = name.endIndex
    while end + 1 < line.endIndex {
      if line[end] == 0x3A, line[end + 1] == 0x3A {
        line = line[(end + 2)...]
        return mark
      }
      end += 1
    }
    return nil
  }

  private static func mark(_ name: ArraySlice<UInt8>) -> Mark? {
    name.count > 8 ? nil : Mark(rawValue: String(decoding: name, as: UTF8.self))
  }

  /// The text without escape sequences (ECMA-48 CSI and OSC) and control characters; tabs are spaces.
  private static func plain(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var kept: [UInt8] = []
    kept.reserveCapacity(min(bytes.count, maximumBytes))
    var index = bytes.startIndex
    while index < bytes.endIndex, kept.count < maximumBytes {
      let byte = bytes[index]
      index += 1
      switch byte {
      case 0x1B: index = endOfEscape(bytes, index)
      case 0x09: kept += [0x20, 0x20]
      case 0..<0x20, 0x7F: continue
      default: kept.append(byte)
      }
    }
    while kept.last == 0x20 { kept.removeLast() }
    return kept
  }

  /// The place after an escape sequence whose ESC was before `start`.
  private static func endOfEscape(_ bytes: ArraySlice<UInt8>, _ start: Int) -> Int {
    guard start < bytes.endIndex else { return start }
    switch bytes[start] {
    case UInt8(ascii: "["):
      let end = bytes[(start + 1)...].firstIndex { (0x40...0x7E).contains($0) }
      return end.map { $0 + 1 } ?? bytes.endIndex
    case UInt8(ascii: "]"):
      let end = bytes[(start + 1)...].firstIndex { $0 == 0x07 || $0 == 0x1B }
      guard let end else { return bytes.endIndex }
      let isTerminator = bytes[end] == 0x1B && end + 1 < bytes.endIndex && bytes[end + 1] == 0x5C
      return isTerminator ? end + 2 : end + (bytes[end] == 0x07 ? 1 : 0)
    default: return start + 1
    }
  }
}
