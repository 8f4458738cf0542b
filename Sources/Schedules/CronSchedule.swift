/// When something is to happen, as five fields of cron say it (crontab(5)).
///
/// As in cron, a day fits if day of month and day of week both fit; if both are given and neither begins
/// with `*`, one is enough. Times are minutes of the local clock; see `next(after:in:)` for the days on
/// which the clock is changed.
public struct CronSchedule: Sendable, Hashable {
  /// The longest text that is read, in bytes.
  public static let maximumBytes = 500
  /// Words that stand for five fields.
  public static let words = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
  ]

  /// As it was written, with single spaces.
  public let text: String
  let minute: CronField
  let hour: CronField
  let day: CronField
  let month: CronField
  let weekday: CronField

  /// Reads five fields or one of `words`; throws `ScheduleError`, also if no such day ever comes.
  public init(_ text: String) throws(ScheduleError) {
    guard text.utf8.count <= Self.maximumBytes else { throw .tooLong(limit: Self.maximumBytes) }
    let written = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    var line = written
    if written.hasPrefix("@") {
      guard let known = Self.words[written.lowercased()] else { throw .unknownWord(written) }
      line = known
    }
    let fields = line.split(separator: " ")
    guard fields.count == 5 else { throw .fieldCount(fields.count) }
    self.text = written
    minute = try CronField(fields[0], CronField.minute)
    hour = try CronField(fields[1], CronField.hour)
    day = try CronField(fields[2], CronField.day)
    month = try CronField(fields[3], CronField.month)
    weekday = try CronField(fields[4], CronField.weekday)
    // Most schedules fit some day of the first months; the calendar repeats itself after 400 years.
    guard (0..<CivilDay.daysPerCycle).contains(where: { fits(CivilDay(number: $0)) }) else {
      throw .neverFires(written)
    }
  }

  /// True if a day of the local calendar fits.
  func fits(_ date: CivilDay) -> Bool {
    guard month.contains(date.month) else { return false }
    let isDay = day.contains(date.day)
    let isWeekday = weekday.contains(date.weekday)
    return day.isOpen || weekday.isOpen ? isDay && isWeekday : isDay || isWeekday
  }

  /// True if it names minutes and hours instead of running through them.
  ///
  /// Only such times are made up for when the clock jumps over them, and not repeated when it goes back.
  var namesTimes: Bool { !minute.isOpen && !hour.isOpen }
}
