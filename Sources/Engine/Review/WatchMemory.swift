internal import Workflow

/// The newest looks at pull requests, and when to look again.
///
/// A look that began before something was done does not count as new.
struct WatchMemory {
  /// What was known when a look began.
  struct Beginning: Sendable {
    fileprivate let epoch: Int
    fileprivate let count: Int
    fileprivate let revisions: [String: Int]
  }

  /// The newest looks by their tasks.
  private(set) var looks: [String: Look] = [:]
  /// The revisions at which pull requests were looked at, seen or not.
  private var revisions: [String: Int] = [:]
  private var lookedAt: Int?
  private var failedAt: Int?
  private var epoch = 0
  /// How often something was done to one pull request alone.
  private var count = 0
  /// Those to which something was done, with the count at that time.
  private var touched: [String: Int] = [:]

  /// True if nothing was done since the newest looks that they cannot have seen.
  var isCurrent: Bool { lookedAt != nil }

  /// A base may have moved since: looks that are under way do not see it.
  mutating func forget() {
    lookedAt = nil
    failedAt = nil
    epoch += 1
  }

  /// Something was done to one pull request, which no other stands on: looks that are under way do not see it.
  mutating func forget(_ task: String) {
    count += 1
    touched[task] = count
    looks[task] = nil
    revisions[task] = nil
    failedAt = nil
  }

  /// True if a look is to be taken; times in milliseconds.
  func isDue(_ watched: [TaskView], at now: Int, every period: Int) -> Bool {
    if watched.isEmpty { return false }
    if let failedAt, now - failedAt < period { return false }
    guard let lookedAt, now - lookedAt < period else { return true }
    return watched.contains { task in
      (revisions[task.id] ?? -1) < (task.pullRequest?.revision ?? 0)
    }
  }

  /// Notes that a look begins.
  func begin(_ watched: [TaskView]) -> Beginning {
    let pairs = watched.map { ($0.id, $0.pullRequest?.revision ?? 0) }
    return Beginning(
      epoch: epoch, count: count,
      revisions: Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
  }

  /// Notes what a look saw.
  mutating func end(_ seen: [String: Look], _ begun: Beginning, at now: Int) {
    touched = touched.filter { $0.value > begun.count }
    for (task, revision) in begun.revisions where touched[task] == nil {
      looks[task] = seen[task]
      revisions[task] = revision
    }
    lookedAt = begun.epoch == epoch ? now : nil
    failedAt = nil
  }

  /// Notes that nothing could be seen.
  mutating func fail(at now: Int) {
    looks = [:]
    failedAt = now
  }

  /// Notes that what looks brought is stored: they speak of these revisions now.
  mutating func take(_ stored: [String: Int]) {
    for (task, revision) in stored {
      looks[task]?.revision = revision
      revisions[task] = revision
    }
  }
}

extension EffectRunner {
  /// What the configuration says of pull requests.
  var rules: PullRequestRules {
    var rules = PullRequestRules()
    rules.policy = options.mergePolicy
    rules.requiredLabels = options.requiredLabels
    rules.requiredChecks = options.requiredChecks
    rules.reviewAgent = options.reviewsByAgent ? Review.agent : nil
    rules.runsChecks = place.runsChecks
    rules.limits = options.limits
    return rules
  }
}
