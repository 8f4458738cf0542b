/// How much happened within the last so many seconds.
struct SlidingWindow: Sendable {
  private let limit: Int
  let length: Int
  private(set) var entries: [(time: Int, points: Int)] = []
  private var sum = 0

  init(limit: Int, seconds: Int) {
    self.limit = limit
    self.length = seconds * 1000
  }

  /// When so many points more are within the limit, in milliseconds since 1970.
  func earliest(for points: Int, now: Int) -> Int {
    var left = sum
    var time = now
    for entry in entries where left + points > limit || entry.time + length <= now {
      left -= entry.points
      time = max(time, entry.time + length)
    }
    return time
  }

  /// Counts; what is older than the window is forgotten, so it holds at most `limit` entries.
  mutating func add(_ points: Int, now: Int) {
    let old = entries.prefix { $0.time + length <= now }
    sum -= old.reduce(0) { $0 + $1.points }
    entries.removeFirst(old.count)
    entries.append((now, points))
    sum += points
  }

  /// Takes over what others counted, oldest first; what is old, or of a time to come, is left out.
  mutating func replace(_ counted: [(time: Int, points: Int)], now: Int) {
    entries = counted.filter { $0.points > 0 && $0.time <= now && $0.time + length > now }
    sum = entries.reduce(0) { $0 + $1.points }
  }
}
