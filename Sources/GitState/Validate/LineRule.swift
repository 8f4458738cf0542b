/// Which new lines of a log are let in.
struct LineRule: Sendable, Hashable {
  /// Why a line is not let in.
  enum Objection: Sendable, Hashable { case long, future, number }

  /// The highest number of a line, and the highest token: far above any use, far below where counting ends.
  static let maximumCount = 1 << 40

  /// The latest time, in milliseconds since 1970.
  let latestTime: Int
  /// The longest line, in bytes.
  let maximumBytes: Int

  /// Why a line is kept out; nil for most, and for lines that are no events.
  func objection(to line: LogLine) -> Objection? {
    if line.bytes.count > maximumBytes { return .long }
    if let time = line.time, !(time <= Double(latestTime)) { return .future }
    if let number = line.order?.number, number > Self.maximumCount { return .number }
    if let token = line.event?.token, token > Self.maximumCount { return .number }
    return nil
  }
}
