/// When a job fires: its schedule in its time zone, with a delay, and with what is made up for.
///
/// Everything follows from the schedule, the name and two times, so that every machine comes to the same
/// firings. All times are seconds since 1970.
public struct Timetable: Sendable, Hashable {
  /// How late a firing may be noticed and still count as on time, in seconds.
  public static let toleranceSeconds = 120

  /// The schedule.
  public let schedule: CronSchedule
  /// The zone of its clock.
  public let zone: ZoneRules
  /// The job's name, of which the delays are made.
  public let name: String
  /// The largest delay, in seconds.
  public let jitterSeconds: Int
  /// How many missed times are made up for after a pause.
  public let catchUp: Int

  /// All parts.
  public init(
    _ schedule: CronSchedule, zone: ZoneRules, name: String, jitterSeconds: Int = 0,
    catchUp: Int = 1
  ) {
    self.schedule = schedule
    self.zone = zone
    self.name = name
    self.jitterSeconds = max(0, jitterSeconds)
    self.catchUp = max(0, catchUp)
  }

  /// The scheduled time that is to be carried out now; nil if there is none.
  ///
  /// `handled` is the last one that was, or the time from which on the job counts. Of those that were
  /// missed, only the last `catchUp` are made up for, the oldest of them first. Delays never change the order.
  public func due(after handled: Int, now: Int) -> Int? {
    let times = passed(after: handled, now: now)
    return times.filter { isMissed($0, now: now) }.suffix(catchUp).first
      ?? times.first { !isMissed($0, now: now) }
  }

  /// When the job fires next: the first scheduled time after `handled` that is not over yet, delayed.
  public func next(after handled: Int, now: Int) -> Int? {
    if let due = due(after: handled, now: now) { return delayed(due) }
    var time = schedule.next(after: max(handled, now - jitterSeconds - 60), in: zone)
    while let found = time, delayed(found) <= now { time = schedule.next(after: found, in: zone) }
    return time.map(delayed)
  }

  /// A scheduled time with its delay, which depends on name and time alone (FNV-1a).
  public func delayed(_ time: Int) -> Int {
    guard jitterSeconds > 0 else { return time }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "\(name)\n\(time)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return time + Int(hash % UInt64(jitterSeconds + 1))
  }

  /// True if a scheduled time is longer over than its delay and the tolerance explain.
  private func isMissed(_ time: Int, now: Int) -> Bool {
    time + jitterSeconds + Self.toleranceSeconds < now
  }

  /// The last scheduled times after `handled` whose delays are over, in order: all that can matter.
  ///
  /// Looks back over twice as long until there are enough, so that a year's pause of a job of every minute
  /// costs no more than an hour's.
  private func passed(after handled: Int, now: Int) -> [Int] {
    var window = Self.toleranceSeconds + jitterSeconds + 60
    while true {
      let start = max(handled, now - window)
      var times: [Int] = []
      var time = schedule.next(after: start, in: zone)
      while let found = time, delayed(found) <= now {
        times.append(found)
        time = schedule.next(after: found, in: zone)
      }
      let missed = times.count { isMissed($0, now: now) }
      if start == handled || missed >= catchUp { return times }
      window *= 2
    }
  }
}
