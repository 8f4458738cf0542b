/// How long an agent rests after a limit.
public enum CoolDown {
  /// The first rest without a time of the service's own, in milliseconds.
  public static let firstMilliseconds = 60_000
  /// The longest rest, in milliseconds.
  public static let longestMilliseconds = 30 * 60_000

  /// When an agent may be asked again, from the attempts of all tasks; nil if it rests not.
  ///
  /// The rest doubles with each limit in a row, and ends by itself.
  public static func until(_ agent: String, tasks: some Sequence<TaskView>, now: Int) -> Int? {
    let ended = tasks.flatMap(\.attempts)
      .filter { $0.agent == agent && $0.endedAt != nil }
      .sorted { ($0.endedAt ?? 0) < ($1.endedAt ?? 0) }
    var rest = firstMilliseconds
    var until: Int?
    for attempt in ended {
      guard attempt.failure?.isAgentLimit == true, let end = attempt.endedAt else {
        rest = firstMilliseconds
        until = nil
        continue
      }
      until = attempt.retryAt ?? (end + rest)
      rest = min(rest * 2, longestMilliseconds)
    }
    guard let until, until > now else { return nil }
    return until
  }
}
