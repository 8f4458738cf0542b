internal import Workflow

/// How checks ended on heads of bases, and when to ask again.
///
/// A forge begins checks late and people run them again, so only what has passed is final: everything else is
/// asked for again at a pace, while a branch fails in it.
struct BaseChecks: Sendable {
  /// How long a base's head without a check is waited with, in milliseconds: its checks may not have begun.
  static let graceMilliseconds = 60_000
  /// How often an answer that is neither final nor pending is asked for again, in milliseconds.
  static let paceMilliseconds = 10_000
  /// How often a check that runs is asked for, in milliseconds: once for each look.
  static let pendingPaceMilliseconds = 500
  /// How many heads are remembered.
  static let maximumHeads = 20

  private struct Entry {
    var states: [String: CheckLook.State] = [:]
    var seenAt: Int
    var askedAt: Int?
  }

  private var entries: [String: Entry] = [:]
  /// Checks that a base had not got although there was time: they run on pull requests only.
  private var unknown: Set<String> = []

  /// Notes that a base has this head.
  mutating func see(_ base: String, at now: Int) {
    guard entries[base] == nil else { return }
    if entries.count >= Self.maximumHeads,
      let oldest = entries.min(by: { $0.value.seenAt < $1.value.seenAt })
    {
      entries[oldest.key] = nil
    }
    entries[base] = Entry(seenAt: now)
  }

  /// True if the checks of a base's head must be asked for.
  func isDue(_ failing: [String], on base: String, at now: Int) -> Bool {
    guard let entry = entries[base] else { return !failing.isEmpty }
    guard failing.contains(where: { entry.states[$0] != .passed }) else { return false }
    guard let askedAt = entry.askedAt else { return true }
    let isPending = failing.contains { entry.states[$0] == .pending }
    return now - askedAt >= (isPending ? Self.pendingPaceMilliseconds : Self.paceMilliseconds)
  }

  /// Keeps an answer.
  mutating func keep(
    _ states: [String: CheckLook.State], of base: String, for failing: [String], at now: Int
  ) {
    entries[base, default: Entry(seenAt: now)].states = states
    entries[base]?.askedAt = now
    unknown.subtract(states.keys)
    guard !isYoung(base, at: now) else { return }
    unknown.formUnion(failing.filter { states[$0] == nil })
  }

  private func isYoung(_ base: String, at now: Int) -> Bool {
    now - (entries[base]?.seenAt ?? now) < Self.graceMilliseconds
  }

  /// How checks stand on a base's head; one that is missing there is pending while it may still begin.
  func states(
    of failing: [String], on base: String, at now: Int
  ) -> [String: CheckLook.State] {
    guard !failing.isEmpty, let entry = entries[base] else { return [:] }
    var states = entry.states
    guard isYoung(base, at: now) else { return states }
    for name in failing where states[name] == nil && !unknown.contains(name) {
      states[name] = .pending
    }
    return states
  }
}
