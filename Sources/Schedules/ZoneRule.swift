/// A rule in the form of the variable TZ (POSIX.1, "Other Environment Variables"): `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Sendable, Hashable {
  /// Standard time, seconds east of UTC.
  let offset: Int
  /// Nil if the clocks never change.
  let summer: Summer?

  /// Daylight saving time.
  struct Summer: Sendable, Hashable {
    let offset: Int
    let start: Day
    let end: Day
  }

  /// A day of every year, and seconds of the local clock after its midnight.
  struct Day: Sendable, Hashable {
    enum Form: Sendable, Hashable {
      /// `Mm.w.d`: a weekday of a month; week 5 is the last.
      case weekday(month: Int, week: Int, weekday: Int)
      /// `Jn`: from 1 to 365, 29 February is never counted.
      case julian(Int)
      /// `n`: from 0 to 365.
      case zeroBased(Int)
    }
    let form: Form
    let seconds: Int

    /// The day's number in a year.
    func number(in year: Int) -> Int {
      let newYear = CivilDay(year: year, month: 1, day: 1).number
      switch form {
      case .julian(let day):
        return newYear + day - 1 + (day >= 60 && CivilDay.isLeap(year) ? 1 : 0)
      case .zeroBased(let day): return newYear + day
      case .weekday(let month, let week, let weekday):
        let first = CivilDay(year: year, month: month, day: 1)
        let next = CivilDay(
          year: month == 12 ? year + 1 : year, month: month == 12 ? 1 : month + 1, day: 1)
        let day =
          first.number + CivilDay.remainder(weekday - first.weekday, 7) + (week - 1) * 7
        return day >= next.number ? day - 7 : day
      }
    }
  }

  /// The two changes of a year.
  func changes(in year: Int, _ summer: Summer) -> [ZoneRules.Change] {
    let start = summer.start.number(in: year) * CivilDay.secondsPerDay + summer.start.seconds
    let end = summer.end.number(in: year) * CivilDay.secondsPerDay + summer.end.seconds
    return [
      .init(time: start - offset, offset: summer.offset),
      .init(time: end - summer.offset, offset: offset),
    ]
  }

  /// Reads a rule; nil if it cannot be read.
  init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    guard Self.skipName(&rest), let west = Self.seconds(&rest) else { return nil }
    offset = -west
    guard !rest.isEmpty else {
      summer = nil
      return
    }
    guard Self.skipName(&rest) else { return nil }
    var summerOffset = offset + 3600
    if rest.first != UInt8(ascii: ",") {
      guard let west = Self.seconds(&rest) else { return nil }
      summerOffset = -west
    }
    guard let start = Self.day(&rest), let end = Self.day(&rest), rest.isEmpty else { return nil }
    summer = Summer(offset: summerOffset, start: start, end: end)
  }

  private static func skipName(_ rest: inout ArraySlice<UInt8>) -> Bool {
    if rest.first == UInt8(ascii: "<") {
      guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
      rest = rest[(end + 1)...]
      return true
    }
    let name = rest.prefix { (0x41...0x5A).contains($0 & 0xDF) }
    rest = rest.dropFirst(name.count)
    return name.count >= 3
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard (1...4).contains(digits.count) else { return nil }
    rest = rest.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
  }

  private static func take(_ byte: Character, _ rest: inout ArraySlice<UInt8>) -> Bool {
    guard let wanted = byte.asciiValue, rest.first == wanted else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// `[+-]hh[:mm[:ss]]`; hours up to 167, as RFC 8536 allows.
  private static func seconds(_ rest: inout ArraySlice<UInt8>) -> Int? {
    let isNegative = take("-", &rest)
    if !isNegative { _ = take("+", &rest) }
    guard let hours = number(&rest), hours <= 167 else { return nil }
    var total = hours * 3600
    if take(":", &rest) {
      guard let minutes = number(&rest), minutes < 60 else { return nil }
      total += minutes * 60
      if take(":", &rest) {
        guard let seconds = number(&rest), seconds < 60 else { return nil }
        total += seconds
      }
    }
    return isNegative ? -total : total
  }

  /// `,Mm.w.d`, `,Jn` or `,n`, with `/time`.
  private static func day(_ rest: inout ArraySlice<UInt8>) -> Day? {
    guard take(",", &rest) else { return nil }
    let form: Day.Form
    if take("M", &rest) {
      guard let month = number(&rest), (1...12).contains(month), take(".", &rest),
        let week = number(&rest), (1...5).contains(week), take(".", &rest),
        let weekday = number(&rest), (0...6).contains(weekday)
      else { return nil }
      form = .weekday(month: month, week: week, weekday: weekday)
    } else if take("J", &rest) {
      guard let day = number(&rest), (1...365).contains(day) else { return nil }
      form = .julian(day)
    } else {
      guard let day = number(&rest), (0...365).contains(day) else { return nil }
      form = .zeroBased(day)
    }
    guard take("/", &rest) else { return Day(form: form, seconds: 7200) }
    guard let seconds = seconds(&rest) else { return nil }
    return Day(form: form, seconds: seconds)
  }
}
