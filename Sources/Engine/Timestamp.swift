/// Times as people and scripts read them: RFC 3339 in UTC.
public enum Timestamp {
  /// The text of a time in milliseconds since 1970, to the second.
  ///
  /// The day is found with the civil-from-days algorithm of the proleptic Gregorian calendar.
  public static func text(_ milliseconds: Int) -> String {
    let seconds = milliseconds / 1000
    let days = seconds / 86_400
    let rest = seconds % 86_400
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let civilMonth = month < 10 ? month + 3 : month - 9
    let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
    return "\(year)-\(two(civilMonth))-\(two(day))T"
      + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
  }

  /// A duration in milliseconds as "42s", "14m", "3h12m".
  public static func duration(_ milliseconds: Int) -> String {
    let seconds = max(0, milliseconds) / 1000
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m" }
    return "\(seconds / 3600)h\(two(seconds / 60 % 60))m"
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
