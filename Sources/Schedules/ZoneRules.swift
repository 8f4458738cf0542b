/// What the clocks of a time zone show: a list of changes, and a rule for the years after it.
public struct ZoneRules: Sendable, Hashable {
  /// A stretch of time without a change; seconds since 1970.
  public struct Span: Sendable, Hashable {
    /// Its first second; `Int.min` if nothing is known before it.
    public let start: Int
    /// The first second after it; `Int.max` if it never ends.
    public let end: Int
    /// Seconds east of UTC.
    public let offset: Int
  }

  /// A change of the clock.
  struct Change: Sendable, Hashable {
    let time: Int
    let offset: Int
  }

  /// Before the first change.
  let firstOffset: Int
  /// In the order of time.
  let changes: [Change]
  /// For the time after the last change.
  let rule: ZoneRule?

  /// A zone whose clocks never change; seconds east of UTC.
  public init(offset: Int) {
    firstOffset = offset
    changes = []
    rule = nil
  }

  init(firstOffset: Int, changes: [Change], rule: ZoneRule?) {
    self.firstOffset = firstOffset
    self.changes = changes
    self.rule = rule
  }

  /// UTC.
  public static let utc = ZoneRules(offset: 0)

  /// The stretch that a time lies in.
  public func span(at time: Int) -> Span {
    var low = 0
    var high = changes.count
    while low < high {
      let middle = (low + high) / 2
      if changes[middle].time <= time { low = middle + 1 } else { high = middle }
    }
    if low < changes.count || rule == nil {
      return Span(
        start: low > 0 ? changes[low - 1].time : .min,
        end: low < changes.count ? changes[low].time : .max,
        offset: low > 0 ? changes[low - 1].offset : firstOffset)
    }
    return ruled(at: time, since: changes.last)
  }

  /// Seconds east of UTC at a time.
  public func offset(at time: Int) -> Int { span(at: time).offset }

  /// A stretch after the last change of the list.
  private func ruled(at time: Int, since last: Change?) -> Span {
    let floor = last?.time ?? .min
    guard let rule, let summer = rule.summer else {
      return Span(start: floor, end: .max, offset: rule?.offset ?? firstOffset)
    }
    let year = CivilDay(number: CivilDay.quotient(time, CivilDay.secondsPerDay)).year
    // Three years around: a change near New Year may belong to the neighbour's date.
    let found = (year - 1...year + 1).flatMap { rule.changes(in: $0, summer) }
      .sorted { $0.time < $1.time }
    guard let next = found.firstIndex(where: { $0.time > time }), next > 0 else {
      return Span(start: floor, end: .max, offset: rule.offset)
    }
    let current = found[next - 1]
    if current.time <= floor, let last {
      return Span(start: last.time, end: found[next].time, offset: current.offset)
    }
    return Span(start: current.time, end: found[next].time, offset: current.offset)
  }
}
