internal import Workflow

/// When the open branches are looked at: often enough to be of use, and never for more than a small
/// part of the time.
struct RadarPace: Sendable {
  /// The shortest pause between two looks, in milliseconds.
  static let shortestPause = 3000
  /// The longest pause between two looks, in milliseconds.
  static let longestPause = 60_000
  /// A pause is at least so many times as long as the look before it.
  static let share = 100

  private(set) var isLooking = false
  private var notBefore = 0
  private var pause = shortestPause

  /// True if it is time; then the look has begun.
  mutating func begin(_ now: Int) -> Bool {
    guard !isLooking, now >= notBefore else { return false }
    isLooking = true
    return true
  }

  /// Ends a look; where nothing has changed, the next one comes twice as late.
  mutating func end(since start: Int, _ now: Int, changed: Bool) {
    isLooking = false
    pause = changed ? Self.shortestPause : min(pause * 2, Self.longestPause)
    notBefore = now + max(pause, (now - start) * Self.share)
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
      let changed = (try? await runner.lookAround(views)) ?? false
      pace.end(since: start, options.clock(), changed: changed)
    }
  }
}
