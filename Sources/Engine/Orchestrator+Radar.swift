internal import Workflow

/// When the open branches are looked at: often enough to be of use, and never for more than a small
/// part of the time.
struct RadarPace: Sendable {
  /// The shortest pause between two looks, in milliseconds.
  static let shortestPause = 3000
  /// A pause is at least so many times as long as the look before it.
  static let share = 20

  private(set) var isLooking = false
  private var notBefore = 0

  /// True if it is time; then the look has begun.
  mutating func begin(_ now: Int) -> Bool {
    guard !isLooking, now >= notBefore else { return false }
    isLooking = true
    return true
  }

  mutating func end(since start: Int, _ now: Int) {
    isLooking = false
    notBefore = now + max(Self.shortestPause, (now - start) * Self.share)
  }
}

extension Orchestrator {
  /// Looks at the open branches beside everything else, as long as two workers are at work.
  func lookAround(_ world: World) {
    let running = world.tasks.values.filter { $0.status == .inProgress }
    let start = options.clock()
    guard running.count > 1, pace.begin(start) else { return }
    let views = world.tasks
    Task {
      // What cannot be seen now is seen later: a forecast decides nothing that git does not decide again.
      try? await runner.lookAround(views)
      pace.end(since: start, options.clock())
    }
  }
}
