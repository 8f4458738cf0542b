/// A day of the proleptic Gregorian calendar.
struct CivilDay: Sendable, Hashable {
  static let secondsPerDay = 86_400
  /// The calendar repeats itself after 400 years.
  static let daysPerCycle = 146_097

  /// The year; 1 BC is 0.
  let year: Int
  /// From 1 to 12.
  let month: Int
  /// From 1 to 31.
  let day: Int
  /// Days since 1 January 1970.
  let number: Int

  /// The day with a number; after Howard Hinnant's `civil_from_days`.
  init(number: Int) {
    let shifted = number + 719_468
    let era = shifted >= 0 ? shifted / Self.daysPerCycle : (shifted - 146_096) / Self.daysPerCycle
    let dayOfEra = shifted - era * Self.daysPerCycle
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    self.number = number
  }

  /// The day of a date; after Howard Hinnant's `days_from_civil`.
  init(year: Int, month: Int, day: Int) {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear >= 0 ? shiftedYear / 400 : (shiftedYear - 399) / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    number = era * Self.daysPerCycle + dayOfEra - 719_468
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// From 0, Sunday, to 6.
  var weekday: Int { Self.remainder(number + 4, 7) }

  /// True for a year with 366 days.
  static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// The greatest whole number that is not above the quotient.
  static func quotient(_ number: Int, _ divisor: Int) -> Int {
    (number - remainder(number, divisor)) / divisor
  }

  /// The rest that belongs to `quotient`: never negative.
  static func remainder(_ number: Int, _ divisor: Int) -> Int {
    let rest = number % divisor
    return rest < 0 ? rest + divisor : rest
  }
}
