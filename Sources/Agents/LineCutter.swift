/// Cuts a stream of bytes into lines, of which none is longer than a limit in memory.
struct LineCutter {
  /// The longest line that is returned, in bytes; a longer one is passed over as a whole.
  static let maximumLineBytes = 8 << 20

  private var line: [UInt8] = []
  private var isOverlong = false

  /// Takes bytes and returns the lines that they finish, without their line breaks.
  mutating func take(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
    var finished: [[UInt8]] = []
    var rest = bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      extend(rest[..<end])
      if let line = finish() { finished.append(line) }
      rest = rest[(end + 1)...]
    }
    extend(rest)
    return finished
  }

  /// Returns a line that has no line break yet; nil if it is empty or too long.
  mutating func finish() -> [UInt8]? {
    defer {
      line = []
      isOverlong = false
    }
    return line.isEmpty || isOverlong ? nil : line
  }

  private mutating func extend(_ bytes: ArraySlice<UInt8>) {
    guard !isOverlong else { return }
    if line.count + bytes.count > Self.maximumLineBytes {
      isOverlong = true
      line = []
    } else {
      line.append(contentsOf: bytes)
    }
  }
}
