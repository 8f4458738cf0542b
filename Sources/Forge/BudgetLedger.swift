/// The books of an API budget: pure, so that every rule can be tested without a clock.
///
/// Rules: GitHub, "Rate limits for the REST API" and "for the GraphQL API". Of the limits over short
/// times orch uses four fifths, because other programs of the account use them too.
struct BudgetLedger: Sendable {
  /// What may be asked for.
  struct Demand: Sendable, Hashable {
    var purpose: CallPurpose
    var resource: APIResource
    /// Points of the secondary limits: reading 1, writing 5.
    var points: Int { isWriting ? 5 : 1 }
    var isWriting: Bool
    /// True if it makes something that people are told of: the strictest limit.
    var isCreating: Bool
  }

  /// Whether a call may go.
  enum Decision: Sendable, Hashable {
    case go
    case wait(until: Int, because: ForgeError.RateLimit)
  }

  /// What a primary limit has left.
  struct Account: Sendable {
    var limit: Int
    var remaining: Int
    var resetAt: Int
  }

  /// The longest pause after secondary limits, in milliseconds.
  static let longestPause = 15 * 60_000
  /// The pause after a secondary limit without a time, in milliseconds.
  static let shortestPause = 60_000
  /// How soon a full lane is looked at again, in milliseconds.
  static let lanePause = 20
  /// Calls at a time; GitHub allows a hundred.
  static let maximumAtATime = 20

  var accounts: [APIResource: Account] = [:]
  private var atATime = 0
  var windows: [APIResource: SlidingWindow] = [
    .core: SlidingWindow(limit: 720, seconds: 60),
    .graphql: SlidingWindow(limit: 1600, seconds: 60),
  ]
  var creating = [
    SlidingWindow(limit: 64, seconds: 60), SlidingWindow(limit: 400, seconds: 3600),
  ]
  var pausedUntil = 0
  var pauses = 0

  /// Whether a call may go now.
  func decide(_ demand: Demand, now: Int) -> Decision {
    if now < pausedUntil { return .wait(until: pausedUntil, because: .secondary) }
    if let account = accounts[demand.resource], now < account.resetAt {
      let left = account.remaining - atATime
      if left <= 0 { return .wait(until: account.resetAt, because: .primary) }
      if left <= reserve(account.limit, demand.purpose) {
        return .wait(until: account.resetAt, because: .reserve)
      }
    }
    if atATime >= Self.maximumAtATime {
      return .wait(until: now + Self.lanePause, because: .secondary)
    }
    var free = windows[demand.resource]?.earliest(for: demand.points, now: now) ?? now
    if demand.isCreating {
      for window in creating { free = max(free, window.earliest(for: 1, now: now)) }
    }
    return free > now ? .wait(until: free, because: .secondary) : .go
  }

  /// What a purpose must leave: a tenth for acting and merging, half of that for merging alone.
  private func reserve(_ limit: Int, _ purpose: CallPurpose) -> Int {
    let whole = min(max(limit / 10, 50), limit / 2)
    switch purpose {
    case .watching: return whole
    case .acting: return whole / 2
    case .merging: return 0
    }
  }

  /// Books a call that goes.
  mutating func begin(_ demand: Demand, now: Int) {
    atATime += 1
    windows[demand.resource]?.add(demand.points, now: now)
    if demand.isCreating {
      for index in creating.indices { creating[index].add(1, now: now) }
    }
  }

  /// Books the end of a call.
  mutating func end() { atATime = max(0, atATime - 1) }

  /// Takes over what an answer's headers say of a primary limit.
  mutating func note(_ resource: APIResource, limit: Int, remaining: Int, resetAt: Int) {
    if let known = accounts[resource], known.resetAt == resetAt {
      // Answers overtake each other: within one hour what is left only falls.
      accounts[resource] = Account(
        limit: limit, remaining: min(known.remaining, remaining), resetAt: resetAt)
    } else if resetAt >= accounts[resource]?.resetAt ?? 0 {
      accounts[resource] = Account(limit: limit, remaining: remaining, resetAt: resetAt)
    }
  }

  /// The forge said that the hour's requests are used up.
  mutating func exhaust(_ resource: APIResource, until resetAt: Int) {
    let limit = accounts[resource]?.limit ?? 0
    accounts[resource] = Account(limit: limit, remaining: 0, resetAt: resetAt)
  }

  /// The forge asked to slow down: everybody pauses; without a time longer each time.
  mutating func pause(until asked: Int?, now: Int) -> Int {
    if now >= pausedUntil { pauses += 1 }
    let backedOff = Self.shortestPause << min(max(pauses, 1) - 1, 4)
    let until = asked ?? now + min(backedOff, Self.longestPause)
    pausedUntil = max(pausedUntil, until)
    return pausedUntil
  }

  /// A call went through: the next pause is a short one again.
  mutating func relax(now: Int) {
    if now >= pausedUntil { pauses = 0 }
  }

  /// What is left of a primary limit, if an answer said so.
  func remaining(_ resource: APIResource) -> Int? { accounts[resource]?.remaining }
}

/// A primary limit of GitHub's, as `x-ratelimit-resource` names it.
public enum APIResource: String, Sendable, Hashable, CaseIterable {
  /// REST.
  case core
  /// GraphQL.
  case graphql
}
