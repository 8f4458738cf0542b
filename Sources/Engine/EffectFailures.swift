internal import Workflow

/// An error that says whether it passes by itself: a server that is away, a limit that is used up.
public protocol PassingError: Error {
  /// True if nobody has to do anything about it.
  var passes: Bool { get }
  /// Until when nothing may be asked, in milliseconds since 1970, if that is all that is in the way; nil otherwise.
  var waitsUntil: Int? { get }
  /// True if it is the account that is refused and no task at fault: all that needs the place waits for a person.
  var isOfAccount: Bool { get }
}

extension PassingError {
  /// It is not known when it passes.
  public var waitsUntil: Int? { nil }
  /// It is not the account's.
  public var isOfAccount: Bool { false }
}

/// The effects that failed, and when they are tried again.
struct EffectFailures {
  /// The first wait after an effect failed, in milliseconds; it doubles to the longest.
  static let firstRetryMilliseconds = 500
  /// The longest wait after an effect failed, in milliseconds.
  static let longestRetryMilliseconds = 30_000
  /// The longest wait while the remote is away, in milliseconds: it may be back any time.
  static let longestOutageMilliseconds = 10_000

  /// A time in which the remote could not be reached.
  struct Outage {
    /// When it began, in milliseconds since 1970.
    let since: Int
    /// What was said first.
    let error: any Error
  }

  /// What became of an effect since it last succeeded.
  private struct Entry {
    var count = 0
    /// When it failed first, in milliseconds since 1970.
    let since: Int
    var notBefore: Int
    /// True if the remote could not be reached, or a transfer failed.
    var isOfRemote = false
    /// What keeps it for as long as others do not hear of this machine.
    var rest: ClaimError?
  }

  private var entries: [Effect: Entry] = [:]
  /// The outage that lasts; nil if the remote was reached since the last one.
  var outage: Outage?
  /// The time in which a disk is full; nil if something could be done since the last one.
  var full: Outage?
  /// Since when looks fail of what does not seem to pass by itself, in milliseconds since 1970.
  var blindSince: Int?
  /// What no retry cures: the run ends with it.
  var end: (any Error)?

  /// True if nothing waits to be tried again.
  var isEmpty: Bool { entries.isEmpty }

  /// True if nothing waits to be tried again but for a remote that is away.
  var areOfOutage: Bool { entries.keys.allSatisfy { isOfOutage($0) } }

  /// True if an effect is to be tried again once the remote is back.
  func isOfOutage(_ effect: Effect) -> Bool {
    outage != nil && entries[effect]?.isOfRemote == true
  }

  /// True if an effect may be begun at a time, in milliseconds since 1970.
  func isDue(_ effect: Effect, at now: Int) -> Bool {
    entries[effect].map { $0.notBefore <= now } ?? true
  }

  /// An effect was carried out.
  mutating func succeeded(_ effect: Effect) { entries[effect] = nil }

  /// How often an effect failed, this time included.
  func count(after effect: Effect) -> Int { (entries[effect]?.count ?? 0) + 1 }

  /// For how long an effect has failed each time, in milliseconds.
  func duration(of effect: Effect, at now: Int) -> Int { now - (entries[effect]?.since ?? now) }

  /// What is not wanted any more is not waited for, as the start of a task that was cancelled meanwhile.
  mutating func keep(where isWanted: (Effect) -> Bool) {
    entries = entries.filter { isWanted($0.key) }
  }

  /// Nothing more is tried.
  mutating func giveUp(_ effect: Effect) { entries[effect] = nil }

  /// An effect is to be tried again; `rest` is what keeps it, if that is that others hear nothing of this machine.
  mutating func retry(
    _ effect: Effect, at now: Int, duringOutage: Bool, after rest: ClaimError? = nil
  ) {
    var entry = entries[effect] ?? Entry(since: now, notBefore: now)
    entry.count += 1
    entry.isOfRemote = duringOutage
    entry.rest = rest
    let longest = duringOutage ? Self.longestOutageMilliseconds : Self.longestRetryMilliseconds
    entry.notBefore = now + min(Self.firstRetryMilliseconds << min(entry.count - 1, 10), longest)
    entries[effect] = entry
  }

  /// Throws what ends the run: a fault of the state, or an outage or a full disk that a run with an end does not
  /// sit out.
  ///
  /// An outage ends no work offline, which goes on for as long as it can do without the remote.
  func check(_ mode: RunMode, at now: Int, patience: Int, isOffline: Bool) throws {
    if let end { throw end }
    guard mode != .forever else { return }
    if let outage, !isOffline, now - outage.since > patience {
      throw cause(of: outage.error)
    }
    if let full, now - full.since > patience { throw full.error }
  }

  /// What ends a run: that a remote takes no state, and that what was done cannot be told, are the same trouble,
  /// whichever of the two is noticed first.
  func cause(of error: any Error) -> any Error {
    let rest = error is SyncError ? entries.values.compactMap(\.rest).first : nil
    return rest ?? error
  }

  /// What has kept an effect that is not at work for longer than `patience`, if that is that others hear nothing of this
  /// machine, or it of them.
  func rest(at now: Int, patience: Int, besides running: Set<Effect>) -> ClaimError? {
    entries.first { effect, entry in
      entry.rest != nil && now - entry.since > patience && !running.contains(effect)
    }?.value.rest
  }
}

extension Effect {
  /// True if it asks or changes the remote, so that its success proves that the remote is there; work begins without
  /// it offline.
  func needsRemote(isOffline: Bool) -> Bool {
    switch self {
    case .start: !isOffline
    case .adopt, .publish, .pullRequest: true
    case .route, .supervise, .cleanUp, .resumeReview, .report, .resume, .block, .askPerson,
      .takeOver:
      false
    }
  }
}
