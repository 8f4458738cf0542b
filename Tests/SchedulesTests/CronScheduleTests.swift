import Foundation
import TestSupport
import Testing

@testable import Schedules

struct `A cron schedule` {
  private func time(_ text: String) throws -> Int {
    Int(try Date(text, strategy: .iso8601).timeIntervalSince1970)
  }

  private func next(
    _ line: String, after: String, _ zone: String = "UTC", count: Int = 3
  ) throws -> [String] {
    let schedule = try CronSchedule(line)
    let rules = try #require(ZoneDatabase.zone(named: zone))
    var times: [String] = []
    var last = try time(after)
    for _ in 0..<count {
      guard let found = schedule.next(after: last, in: rules) else { break }
      times.append(Date(timeIntervalSince1970: TimeInterval(found)).formatted(.iso8601))
      last = found
    }
    return times
  }

  @Test(arguments: [
    ("* * * * *", ["2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z", "2026-01-01T00:03:00Z"]),
    ("@daily", ["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"]),
    ("@Weekly", ["2026-01-04T00:00:00Z", "2026-01-11T00:00:00Z", "2026-01-18T00:00:00Z"]),
    ("30 4 1,15 * 5", ["2026-01-01T04:30:00Z", "2026-01-02T04:30:00Z", "2026-01-09T04:30:00Z"]),
    ("0 12 */10 * mon", ["2026-05-11T12:00:00Z", "2026-06-01T12:00:00Z", "2026-08-31T12:00:00Z"]),
    (
      "5-59/20 22 * jan-feb 7",
      ["2026-01-04T22:05:00Z", "2026-01-04T22:25:00Z", "2026-01-04T22:45:00Z"]
    ),
    ("0 0 29 2 *", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z", "2036-02-29T00:00:00Z"]),
  ])
  func `fires at the times that its fields name`(line: String, times: [String]) throws {
    #expect(try next(line, after: "2026-01-01T00:00:00Z") == times)
  }

  @Test func `a named time that the clock jumps over happens at the jump, once`() throws {
    // In Berlin 02:00 becomes 03:00 on 29 March 2026, at 01:00 UTC.
    #expect(
      try next("30 2 * * *", after: "2026-03-28T12:00:00Z", "Europe/Berlin", count: 2)
        == ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"])
    #expect(
      try next("0,30 2 * * *", after: "2026-03-28T12:00:00Z", "Europe/Berlin", count: 2)
        == ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"])
    #expect(
      try next("*/30 2 * * *", after: "2026-03-28T12:00:00Z", "Europe/Berlin", count: 1)
        == ["2026-03-30T00:00:00Z"])
  }

  @Test func `a named time that the clock shows twice happens the first time`() throws {
    // In Berlin 03:00 becomes 02:00 on 25 October 2026, at 01:00 UTC.
    #expect(
      try next("30 2 * * *", after: "2026-10-24T12:00:00Z", "Europe/Berlin", count: 2)
        == ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])
    #expect(
      try next("30 * * * *", after: "2026-10-25T00:00:00Z", "Europe/Berlin", count: 2)
        == ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"])
  }

  @Test(arguments: [
    ("", "needs five"), ("* * * *", "needs five"), ("* * * * * *", "needs five"),
    ("60 * * * *", "minute '60' cannot be read"), ("* 24 * * *", "hour '24'"),
    ("* * 0 * *", "day of month '0'"), ("* * * 13 *", "month '13'"), ("* * * * 8", "day of week"),
    ("5-1 * * * *", "from the greater to the smaller"), ("*/0 * * * *", "not a number above 0"),
    ("3/5 * * * *", "step without a range"), ("1,,2 * * * *", "cannot be read"),
    ("+1 * * * *", "cannot be read"), ("@reboot", "'@reboot' is none of @annually"),
    ("0 0 30 2 *", "'0 0 30 2 *' never fires"), ("0 0 31 4,6,9,11 *", "never fires"),
    ("99999999999999999999 * * * *", "cannot be read"), ("*-5 * * * *", "cannot be read"),
  ])
  func `what is none is refused in words`(line: String, words: String) {
    let error = #expect(throws: ScheduleError.self) { try CronSchedule(line) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "none")")
  }

  @Test func `a line of any length is read or refused at once`() {
    #expect(throws: ScheduleError.tooLong(limit: 500)) {
      try CronSchedule(String(repeating: "1,", count: 5000) + "1 * * * *")
    }
  }

  @Test(arguments: [0, 1, 2] as [UInt64])
  func `agrees with a look at every minute, also where the clock is changed`(run: UInt64) throws {
    let seed = TestSeed.next() &+ run
    var random = SeededRandom(seed: seed)
    let zones = [
      "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns",
      "Africa/Casablanca", "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu", "Europe/Dublin",
    ]
    for _ in 0..<20 {
      let name = try #require(zones.randomElement(using: &random))
      let zone = try #require(ZoneDatabase.zone(named: name))
      let line = Self.line(using: &random)
      guard let schedule = try? CronSchedule(line) else { continue }
      // Around a change of the clock, if the zone has one in those years.
      var start = Int.random(in: 1_000_000_000..<2_600_000_000, using: &random)
      let end = zone.span(at: start).end
      if end < 2_700_000_000 { start = end - Int.random(in: 0..<200_000, using: &random) }
      let range = start..<start + 6 * 86_400
      let expected = MinuteOracle(schedule: schedule, zone: zone).times(range)
      var found: [Int] = []
      var time = schedule.next(after: start - 1, in: zone)
      while let next = time, next < range.upperBound {
        found.append(next)
        time = schedule.next(after: next, in: zone)
      }
      #expect(found == expected, "seed \(seed): '\(line)' in \(name) from \(start)")
    }
  }

  private static func line(using random: inout SeededRandom) -> String {
    func field(_ range: ClosedRange<Int>, open: Int) -> String {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<open: return "*"
      case open: return "*/\(Int.random(in: 1...20, using: &random))"
      case open + 1:
        let first = Int.random(in: range, using: &random)
        return "\(first)-\(Int.random(in: first...range.upperBound, using: &random))"
      default:
        return (0..<Int.random(in: 1...3, using: &random))
          .map { _ in String(Int.random(in: range, using: &random)) }.joined(separator: ",")
      }
    }
    // Hours near those at which clocks are changed.
    let hours = Bool.random(using: &random) ? field(0...3, open: 1) : field(0...23, open: 3)
    return [
      field(0...59, open: 2), hours, field(1...31, open: 6), field(1...12, open: 8),
      field(0...7, open: 6),
    ].joined(separator: " ")
  }
}
