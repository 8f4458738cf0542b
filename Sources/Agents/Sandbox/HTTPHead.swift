internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The head of a request or an answer: its first line and its fields, to the empty line.
enum HTTPHead {
  /// The longest head, in bytes.
  static let maximumBytes = 64 * 1024
  /// How long a head may take, in milliseconds.
  static let milliseconds: Int32 = 30_000

  /// Reads a head with its empty line, and what came behind it; nil if none comes in time.
  static func read(_ connection: Int32) -> (head: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 8192)
    let deadline = orch_monotonic_ms() + Int64(milliseconds)
    while bytes.count < maximumBytes {
      var entry = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      let left = deadline - orch_monotonic_ms()
      guard left > 0, poll(&entry, 1, Int32(left)) > 0 else { return nil }
      let count = systemRead(connection, &buffer)
      guard count > 0 else { return nil }
      let from = max(0, bytes.count - 3)
      bytes += buffer[..<count]
      var index = from
      while index + 4 <= bytes.count {
        if bytes[index..<(index + 4)].elementsEqual([13, 10, 13, 10]) {
          return (bytes[..<(index + 4)], bytes[(index + 4)...])
        }
        index += 1
      }
    }
    return nil
  }

  /// The fields of a head, in order; nil if one of them could be read in two ways.
  ///
  /// A line that is ended by less than CR LF, one that goes on with the line before it, and a name with a
  /// space (RFC 9112, sections 2.2 and 5) are what requests are smuggled in.
  static func fields(_ head: ArraySlice<UInt8>) -> [(name: String, value: String)]? {
    let text = head.dropLast(4)
    var lines: [ArraySlice<UInt8>] = []
    var start = text.startIndex
    var index = text.startIndex
    while index < text.endIndex {
      guard text[index] != 0, text[index] != 10 else { return nil }
      if text[index] == 13 {
        guard index + 1 < text.endIndex, text[index + 1] == 10 else { return nil }
        lines.append(text[start..<index])
        index += 2
        start = index
      } else {
        index += 1
      }
    }
    lines.append(text[start...])
    var result: [(name: String, value: String)] = []
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
        line[..<colon].allSatisfy({ (0x21..<0x7F).contains($0) })
      else { return nil }
      let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
      result.append(
        (
          String(decoding: line[..<colon], as: UTF8.self).lowercased(),
          String(value.drop { $0 == " " || $0 == "\t" })
        ))
    }
    return result
  }
}
