extension CronSchedule {
  /// How far ahead is looked, in seconds: 29 February on a given weekday is at most 40 years away.
  static let horizonSeconds = 45 * 366 * CivilDay.secondsPerDay

  /// The first time after this one, both in seconds since 1970; nil if there is none within 45 years.
  ///
  /// When the clock jumps forward, times that name hour and minute and are jumped over happen at the jump,
  /// once. When it goes back, such times happen the first time only. Schedules that run through minutes or
  /// hours (`*`, `*/5`) follow the clock. So does cron (cron(8), "Daylight Saving Time").
  public func next(after time: Int, in zone: ZoneRules) -> Int? {
    var from = (CivilDay.quotient(time, 60) + 1) * 60
    let end = time + Self.horizonSeconds
    while from < end {
      let span = zone.span(at: from)
      if let found = first(from: from, in: span, zone) { return found }
      guard span.end < end else { return nil }
      from = span.end
    }
    return nil
  }

  /// The first time in a stretch without changes of the clock.
  private func first(from: Int, in span: ZoneRules.Span, _ zone: ZoneRules) -> Int? {
    var local = from + span.offset
    if namesTimes, span.start > .min {
      let before = zone.span(at: span.start - 1).offset
      let jump = Self.wholeMinute(span.start)
      if span.offset > before, from <= jump,
        firstLocal(from: span.start + before, before: span.start + span.offset) != nil
      {
        return jump
      }
      // What the clock showed before it went back has been.
      local = max(local, span.start + max(before, span.offset))
    }
    let end = span.end < .max ? span.end + span.offset : local + Self.horizonSeconds
    return firstLocal(from: local, before: end).map { $0 - span.offset }
  }

  /// The first local time that fits, from the next whole minute on.
  func firstLocal(from start: Int, before end: Int) -> Int? {
    var number = CivilDay.quotient(Self.wholeMinute(start), CivilDay.secondsPerDay)
    var earliest = Self.wholeMinute(start) - number * CivilDay.secondsPerDay
    while number * CivilDay.secondsPerDay < end {
      if fits(CivilDay(number: number)), let second = firstSecond(from: earliest) {
        let found = number * CivilDay.secondsPerDay + second
        return found < end ? found : nil
      }
      number += 1
      earliest = 0
    }
    return nil
  }

  /// The first second of a day that fits, from a whole minute on.
  private func firstSecond(from second: Int) -> Int? {
    let startHour = second / 3600
    guard var hour = self.hour.first(from: startHour) else { return nil }
    let startMinute = hour == startHour ? second % 3600 / 60 : 0
    if let minute = minute.first(from: startMinute) { return hour * 3600 + minute * 60 }
    guard let later = self.hour.first(from: hour + 1), let minute = minute.first(from: 0) else {
      return nil
    }
    hour = later
    return hour * 3600 + minute * 60
  }

  /// The first whole minute that is not before a second.
  private static func wholeMinute(_ second: Int) -> Int { CivilDay.quotient(second + 59, 60) * 60 }
}
