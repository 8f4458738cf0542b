internal import JSON

/// One raw line of a log with its place in the order of the file.
///
/// The order is part of the format and never changes with a version: lines that have whole numbers
/// `t` (0 to below 2^53) and `n` and a text `h` by these and then by their bytes; after them all other
/// lines by their bytes. So an older and a newer orch write the same file.
struct LogLine: Sendable {
  /// What a line is sorted by.
  struct Order: Sendable, Hashable {
    let time: Int
    let host: [UInt8]
    let number: Int
  }

  /// What must be unique: a host numbers its lines.
  struct Key: Sendable, Hashable {
    let host: [UInt8]
    let number: Int
  }

  /// The bytes without the line break.
  let bytes: ArraySlice<UInt8>
  /// Nil for a line that is sorted by its bytes alone.
  let order: Order?
  /// Milliseconds since 1970 as the line has it, believable or not; nil if it has none.
  let time: Double?
  /// The event, if this version can fold it.
  let event: Event?

  /// Reads a line; any bytes are one.
  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    // A line far beyond the limit is nothing that any version folds, and is not worth parsing.
    guard bytes.count <= 16 * Event.maximumBytes, let json = try? JSONValue(parsing: bytes) else {
      (order, time, event) = (nil, nil, nil)
      return
    }
    time = json["t"]?.double
    if let time = json["t"]?.int, (0..<Event.maximumTime).contains(time),
      let host = json["h"]?.string, let number = json["n"]?.int
    {
      order = Order(time: time, host: Array(host.utf8), number: number)
    } else {
      order = nil
    }
    event = Event(json: json, line: bytes)
  }

  /// The lines of a file; empty ones are none.
  static func lines(of file: [UInt8]) -> [LogLine] {
    file.split(separator: 0x0A).map(LogLine.init)
  }

  /// The order of lines in a file.
  static func precedes(_ left: LogLine, _ right: LogLine) -> Bool {
    switch (left.order, right.order) {
    case (let one?, let other?):
      if one.time != other.time { return one.time < other.time }
      if one.host != other.host { return one.host.lexicographicallyPrecedes(other.host) }
      if one.number != other.number { return one.number < other.number }
      return left.bytes.lexicographicallyPrecedes(right.bytes)
    case (_?, nil): return true
    case (nil, _?): return false
    case (nil, nil): return left.bytes.lexicographicallyPrecedes(right.bytes)
    }
  }
}
