@testable import Schedules

/// The times of a schedule by looking at every minute: what a clock on the wall would show, and no more.
struct MinuteOracle {
  let schedule: CronSchedule
  let zone: ZoneRules

  /// Every time in a range of seconds; it begins two days earlier to know what the clock has shown.
  func times(_ range: Range<Int>) -> [Int] {
    var result: [Int] = []
    var minute = (range.lowerBound / 60 - 2 * 24 * 60) * 60
    var latest = Int.min
    while minute < range.upperBound {
      let local = minute + zone.offset(at: minute)
      let previous = minute - 60 + zone.offset(at: minute - 60)
      let fires: Bool
      if !schedule.namesTimes {
        fires = fits(local)
      } else {
        // Shown before: the clock went back. Jumped over: the minutes between are made up for here.
        let jumped = stride(from: previous + 60, to: local, by: 60).contains(where: fits)
        fires = jumped || local > latest && fits(local)
      }
      latest = max(latest, local)
      if fires, range.contains(minute) { result.append(minute) }
      minute += 60
    }
    return result
  }

  /// Day by day with a calendar of its own: counted up from 1970.
  private func fits(_ local: Int) -> Bool {
    let days = local / 86_400
    let second = local % 86_400
    guard second % 60 == 0, schedule.hour.contains(second / 3600),
      schedule.minute.contains(second / 60 % 60)
    else { return false }
    let date = Self.dates[days]
    let isDay = schedule.day.contains(date.day)
    let isWeekday = schedule.weekday.contains((days + 4) % 7)
    guard schedule.month.contains(date.month) else { return false }
    return schedule.day.isOpen || schedule.weekday.isOpen
      ? isDay && isWeekday : isDay || isWeekday
  }

  private static let dates: [(month: Int, day: Int)] = {
    var result: [(month: Int, day: Int)] = []
    for year in 1970...2060 {
      let february = year % 400 == 0 || year % 4 == 0 && year % 100 != 0 ? 29 : 28
      let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      for (index, length) in lengths.enumerated() {
        result += (1...length).map { (index + 1, $0) }
      }
    }
    return result
  }()
}
