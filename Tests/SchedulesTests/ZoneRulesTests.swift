import Foundation
import TestSupport
import Testing

@testable import Schedules

struct `The rules of a time zone` {
  @Test(arguments: [
    "UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns",
    "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata", "Pacific/Apia", "America/Asuncion",
    "Antarctica/Troll", "Asia/Tehran",
  ])
  func `are those that the system has, from 1990 to 2037 and by rule after that`(
    name: String
  ) throws {
    let zone = try #require(ZoneDatabase.zone(named: name))
    let system = try #require(TimeZone(identifier: name))
    var random = SeededRandom(seed: 7)
    for _ in 0..<2000 {
      let time = Int.random(in: 631_152_000..<2_145_916_800, using: &random)
      let expected = system.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(time)))
      #expect(zone.offset(at: time) == expected, "\(name) at \(time)")
    }
  }

  @Test func `spans lie side by side and the offset is the same all through`() throws {
    for name in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"] {
      let zone = try #require(ZoneDatabase.zone(named: name))
      var time = 0
      for _ in 0..<300 {
        let span = zone.span(at: time)
        #expect(span.start <= time && time < span.end)
        guard span.end < .max else { break }
        #expect(zone.span(at: span.end).start == span.end)
        #expect(zone.span(at: span.end - 1) == span)
        time = span.end
      }
    }
  }

  @Test func `a rule holds for the years after the list`() throws {
    let rule = try #require(ZoneRule("CET-1CEST,M3.5.0,M10.5.0/3"))
    let zone = ZoneRules(firstOffset: 3600, changes: [], rule: rule)
    let berlin = try #require(ZoneDatabase.zone(named: "Europe/Berlin"))
    var random = SeededRandom(seed: 8)
    for _ in 0..<2000 {
      let time = Int.random(in: 1_000_000_000..<9_000_000_000, using: &random)
      #expect(zone.offset(at: time) == berlin.offset(at: time), "\(time)")
    }
    let negative = try #require(ZoneRule("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1"))
    #expect(negative.offset == -10_800 && negative.summer?.start.seconds == -7200)
  }

  @Test(arguments: [
    "", "X", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-200",
    "CET-1CEST,M3.5.0,M10.5.0/3x", "<CET-1",
  ])
  func `a rule that is none is refused`(text: String) {
    #expect(ZoneRule(text) == nil)
  }

  @Test
  func `a file that is none, or is cut short anywhere, is refused or read, and never a fault`()
    throws
  {
    #expect(ZoneRules(file: []) == nil)
    #expect(ZoneRules(file: Array("TZif".utf8)) == nil)
    let path = "/usr/share/zoneinfo/Europe/Berlin"
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(ZoneRules(file: whole) != nil)
    var random = SeededRandom(seed: 9)
    for count in 0..<min(whole.count, 600) { _ = ZoneRules(file: Array(whole[..<count])) }
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      if let zone = ZoneRules(file: bytes) { _ = zone.span(at: 1_800_000_000) }
    }
  }

  @Test(arguments: ["../etc/passwd", "/etc/passwd", "Europe/", "Europe/Nowhere", "", "a b", "."])
  func `a name that leads elsewhere is no zone`(name: String) {
    #expect(ZoneDatabase.zone(named: name) == nil)
  }

  @Test func `the machine's own zone is that of TZ`() throws {
    let berlin = try #require(ZoneDatabase.zone(named: "Europe/Berlin"))
    #expect(ZoneDatabase.local(variable: "Europe/Berlin") == berlin)
    #expect(ZoneDatabase.local(variable: ":Europe/Berlin") == berlin)
    #expect(ZoneDatabase.local(variable: "EST5").offset(at: 0) == -18_000)
    #expect(ZoneDatabase.local(variable: "nonsense, really") == .utc)
  }
}
