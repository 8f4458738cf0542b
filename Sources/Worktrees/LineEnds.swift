/// Line ends on the way into the repository, as git's own conversion treats them.
enum LineEnds {
  /// What git counts to tell text from binary content.
  private struct Counts {
    var loneCR = 0
    var crlf = 0
    var zeros = 0
    var printable = 0
    var unprintable = 0

    init(_ content: [UInt8]) {
      content.withUnsafeBufferPointer { bytes in
        var position = 0
        while position < bytes.count {
          let byte = bytes[position]
          if byte == 0x0D, position + 1 < bytes.count, bytes[position + 1] == 0x0A {
            crlf += 1
            position += 2
            continue
          }
          count(byte)
          position += 1
        }
      }
      // A file may end with the mark of CP/M.
      if content.last == 0x1A { unprintable -= 1 }
    }

    private mutating func count(_ byte: UInt8) {
      switch byte {
      case 0x0D: loneCR += 1
      case 0x0A: break
      case 0x7F: unprintable += 1
      case 0x08, 0x09, 0x1B, 0x0C: printable += 1
      case 0:
        zeros += 1
        unprintable += 1
      case ..<0x20: unprintable += 1
      default: printable += 1
      }
    }

    var isBinary: Bool { loneCR > 0 || zeros > 0 || printable >> 7 < unprintable }
  }

  /// The content with LF only, if its conversion says so.
  ///
  /// `stored` gives the content of the index's version, which decides for guessed text.
  static func normalized<Failure: Error>(
    _ content: [UInt8], _ lineEnds: Conversion.LineEnds,
    stored: () throws(Failure) -> [UInt8]?
  ) throws(Failure) -> [UInt8] {
    guard lineEnds != .untouched, hasCRLF(content) else { return content }
    if lineEnds == .guessed {
      if Counts(content).isBinary { return content }
      if let stored = try stored(), stored.contains(0x0D) {
        let counts = Counts(stored)
        if !counts.isBinary, counts.crlf > 0 { return content }
      }
    }
    var result: [UInt8] = []
    result.reserveCapacity(content.count)
    for (position, byte) in content.enumerated() {
      if byte == 0x0D, position + 1 < content.count, content[position + 1] == 0x0A { continue }
      result.append(byte)
    }
    return result
  }

  private static func hasCRLF(_ content: [UInt8]) -> Bool {
    content.withUnsafeBufferPointer { bytes in
      var position = 0
      while let found = bytes[position...].firstIndex(of: 0x0D) {
        if found + 1 < bytes.count, bytes[found + 1] == 0x0A { return true }
        position = found + 1
      }
      return false
    }
  }
}
