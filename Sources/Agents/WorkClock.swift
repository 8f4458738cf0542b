/// Counts the time that a worker is charged with: not that in which it waits its turn for a lock, nor
/// that in which the machine slept.
struct WorkClock {
  /// The longest that one look is charged with, in milliseconds: more is a machine that slept.
  static let maximumStepMilliseconds: Int64 = 5000

  /// The longest waiting that is not charged, in milliseconds: a lock or an answer that never comes must not
  /// keep a worker for ever.
  private let longestWait: Int64
  private var waited: Int64 = 0
  private var lastLook: Int64
  private var lastOutput: Int64 = 0
  /// Milliseconds so far.
  private(set) var charged: Int64 = 0

  /// Starts at a time of the monotonic clock; both in milliseconds.
  init(now: Int64, longestWait: Int64 = .max) {
    lastLook = now
    self.longestWait = longestWait
  }

  /// Milliseconds without a sign of life.
  var silence: Int64 { charged - lastOutput }

  /// Goes on to `now`; the time since the last look is charged unless the worker waits or is `held` back from
  /// outside.
  mutating func look(at now: Int64, isWaiting: Bool, isHeld: Bool = false) {
    let step = min(max(0, now - lastLook), Self.maximumStepMilliseconds)
    lastLook = now
    if isHeld { return }
    if isWaiting, waited < longestWait {
      waited += step
    } else {
      charged += step
    }
  }

  /// Notes a sign of life.
  mutating func noteOutput() { lastOutput = charged }
}
