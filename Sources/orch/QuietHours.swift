#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A time of day in which nothing is merged, in the machine's own zone.
struct QuietHours: Sendable, Hashable {
  /// Minutes after midnight at which it begins.
  let begin: Int
  /// Minutes after midnight at which it is over; before `begin` if midnight is within.
  let end: Int

  /// Reads `22:00-06:00`; throws `CommandError`.
  init(text: String) throws {
    let minutes = text.split(separator: "-").map(Self.minutes)
    guard minutes.count == 2, let begin = minutes[0], let end = minutes[1], begin != end else {
      throw CommandError(
        "'\(text)' is no time of day", hints: ["write 'forge.quiet_hours: [\"22:00-06:00\"]'"])
    }
    self.begin = begin
    self.end = end
  }

  private static func minutes(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
      (0..<24).contains(hour), (0..<60).contains(minute)
    else { return nil }
    return hour * 60 + minute
  }

  /// True at a time in milliseconds since 1970.
  func contains(_ milliseconds: Int) -> Bool {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    return contains(minute: Int(parts.tm_hour) * 60 + Int(parts.tm_min))
  }

  /// True at a minute after midnight.
  func contains(minute: Int) -> Bool {
    begin < end ? (begin..<end).contains(minute) : minute >= begin || minute < end
  }
}
