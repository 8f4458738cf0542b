import Schedules
import TestSupport
import Testing

struct `A timetable` {
  private let hour = 3600

  private func table(
    _ line: String, jitter: Int = 0, catchUp: Int = 1, name: String = "job"
  ) throws -> Timetable {
    Timetable(
      try CronSchedule(line), zone: .utc, name: name, jitterSeconds: jitter, catchUp: catchUp)
  }

  /// Every firing of a machine that looks at these times, as (scheduled, looked).
  private func firings(_ table: Timetable, from start: Int, looks: [Int]) -> [Int] {
    var handled = start
    var result: [Int] = []
    for look in looks {
      while let due = table.due(after: handled, now: look) {
        #expect(due > handled && due <= look)
        result.append(due)
        handled = due
      }
    }
    return result
  }

  @Test func `looked at all the time it fires at every scheduled time`() throws {
    let table = try table("0 * * * *", catchUp: 0)
    let looks = Array(stride(from: 0, through: 5 * hour, by: 7))
    #expect(firings(table, from: 0, looks: looks) == (1...4).map { $0 * hour } + [])
    #expect(firings(table, from: 0, looks: looks + [5 * hour]) == (1...5).map { $0 * hour })
  }

  @Test(arguments: [(0, 0), (1, 1), (3, 3), (100, 100)])
  func `after a pause the last missed times are made up for, and no more`(
    catchUp: Int, made: Int
  ) throws {
    let table = try table("0 * * * *", catchUp: catchUp)
    let now = 1000 * hour + 1800
    let fired = firings(table, from: 0, looks: [now, now + 1])
    #expect(fired == (0..<made).map { (1000 - made + 1 + $0) * hour })
  }

  @Test func `a year's pause of a job of every minute is over at once`() throws {
    let table = try table("* * * * *", catchUp: 2)
    let now = 400 * 24 * hour
    let fired = firings(table, from: 0, looks: [now])
    #expect(fired.count <= 6 && fired.last == now)
    #expect(fired == fired.sorted())
  }

  @Test func `the delay is the same everywhere, is bounded, and differs from time to time`() throws
  {
    let table = try table("0 * * * *", jitter: 600)
    let same = try self.table("0 * * * *", jitter: 600)
    let other = try self.table("0 * * * *", jitter: 600, name: "other")
    let delays = (1...200).map { table.delayed($0 * hour) - $0 * hour }
    #expect(delays.allSatisfy { (0...600).contains($0) })
    #expect(Set(delays).count > 50)
    #expect(delays == (1...200).map { same.delayed($0 * hour) - $0 * hour })
    #expect(delays != (1...200).map { other.delayed($0 * hour) - $0 * hour })
  }

  @Test(arguments: [0, 1, 2] as [UInt64])
  func `whatever the looks, no time fires twice, out of order, or too early`(run: UInt64) throws {
    let seed = TestSeed.next() &+ run
    var random = SeededRandom(seed: seed)
    for _ in 0..<30 {
      let lines = ["*/10 * * * *", "0 * * * *", "30 2 * * *", "* * * * *"]
      let jitter = Bool.random(using: &random) ? 0 : Int.random(in: 1...5000, using: &random)
      let table = try table(
        lines[Int.random(in: 0..<lines.count, using: &random)], jitter: jitter,
        catchUp: Int.random(in: 0...5, using: &random))
      var now = 0
      var handled = 0
      for _ in 0..<100 {
        now += Int.random(in: 1...4000, using: &random)
        if let next = table.next(after: handled, now: now), next > now {
          #expect(table.due(after: handled, now: next) != nil, "seed \(seed)")
          #expect(table.due(after: handled, now: next - 1) == nil, "seed \(seed)")
        }
        while let due = table.due(after: handled, now: now) {
          #expect(due > handled && table.delayed(due) <= now, "seed \(seed)")
          handled = due
        }
      }
    }
  }

  @Test func `what comes next is said before it comes`() throws {
    let table = try table("0 3 * * *")
    #expect(table.next(after: 0, now: 100) == 3 * hour)
    #expect(table.next(after: 3 * hour, now: 3 * hour) == 27 * hour)
  }
}
