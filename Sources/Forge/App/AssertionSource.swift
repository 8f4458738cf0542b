internal import Synchronization

/// Gives a new assertion of an App for each request, by GitHub's clock.
final class AssertionSource: Sendable {
  private let app: AppCredentials
  private let clock: ForgeClock
  private let ahead = Mutex(0)

  init(_ app: AppCredentials, _ clock: ForgeClock) {
    self.app = app
    self.clock = clock
  }

  /// How far GitHub's clock is ahead of this machine's, in seconds.
  var skew: Int {
    get { ahead.withLock { $0 } }
    set { ahead.withLock { $0 = newValue } }
  }

  /// An assertion of now.
  func token() throws(ForgeError) -> AccessToken {
    let proven = try GitHubApp(id: app.id, privateKey: try app.privateKey())
    return try proven.assertion(now: clock.now() / 1000 + skew)
  }
}

/// The date of an answer: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Seconds since 1970; nil if it is no such date.
  static func seconds(_ text: String) -> Int? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", let day = Int(words[1]),
      let month = months.firstIndex(of: String(words[2])), let year = Int(words[3])
    else { return nil }
    let time = words[4].split(separator: ":").compactMap { Int($0) }
    guard time.count == 3, (1...31).contains(day), (1970...9999).contains(year) else { return nil }
    // Days since 1970 in the Gregorian calendar, with years that begin in March.
    let shifted = month < 2 ? year - 1 : year
    let era = shifted / 400
    let ofEra = shifted - era * 400
    let ofYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
    let days = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    return days * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
  }
}
