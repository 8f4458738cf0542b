internal import Synchronization

/// Passes reports on, and says of an outage, a full disk or a limit of the forge only that it began and that it is
/// over, whoever finds it.
final class RemoteVoice: Sendable {
  /// Times of a limit that are this near to one another are one, in milliseconds: each answer has its own.
  static let sameLimitMilliseconds = 60_000

  private let report: @Sendable (RunReport) -> Void
  private let isAway = Mutex(false)
  private let isFull = Mutex(false)
  private let refusals = Mutex<Set<SyncError>>([])
  private let limitedUntil = Mutex(0)

  init(_ report: @escaping @Sendable (RunReport) -> Void) { self.report = report }

  /// Passes a report on, unless it is known.
  func pass(_ news: RunReport) {
    switch news {
    // It is there; something else has to be done.
    case .remoteUnreachable(SyncError.notTheArbiter): report(news)
    // It answers all the time; that it takes nothing is said once for each of its reasons.
    case .remoteUnreachable(let refusal as SyncError):
      if refusals.withLock({ $0.insert(refusal).inserted }) { report(news) }
    case .remoteUnreachable(let error):
      if let until = (error as? any PassingError)?.waitsUntil { return wait(until, error) }
      if Self.change(isAway, to: true) { report(news) }
    case .remoteReached: if Self.change(isAway, to: false) { report(news) }
    case .diskFull: if Self.change(isFull, to: true) { report(news) }
    case .diskHasRoom: if Self.change(isFull, to: false) { report(news) }
    case .began, .ended, .failed, .recorded, .note, .progress, .remoteWaits: report(news)
    }
  }

  /// The forge is there: what is not asked of it now is asked later, whatever else it answers meanwhile.
  private func wait(_ until: Int, _ error: any Error) {
    let isNews = limitedUntil.withLock { known in
      guard until > known + Self.sameLimitMilliseconds else { return false }
      known = until
      return true
    }
    if isNews { report(.remoteWaits(until: until, error)) }
  }

  private static func change(_ state: borrowing Mutex<Bool>, to value: Bool) -> Bool {
    state.withLock { known in
      let isNews = known != value
      known = value
      return isNews
    }
  }
}
