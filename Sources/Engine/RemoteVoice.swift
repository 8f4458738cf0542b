internal import Synchronization

/// Passes reports on, and says of an outage or a full disk only that it began and that it is over, whoever finds it.
final class RemoteVoice: Sendable {
  private let report: @Sendable (RunReport) -> Void
  private let isAway = Mutex(false)
  private let isFull = Mutex(false)

  init(_ report: @escaping @Sendable (RunReport) -> Void) { self.report = report }

  /// Passes a report on, unless it is known.
  func pass(_ news: RunReport) {
    let isNews =
      switch news {
      // It is there; something else has to be done.
      case .remoteUnreachable(SyncError.notTheArbiter): true
      case .remoteUnreachable: Self.change(isAway, to: true)
      case .remoteReached: Self.change(isAway, to: false)
      case .diskFull: Self.change(isFull, to: true)
      case .diskHasRoom: Self.change(isFull, to: false)
      case .began, .ended, .failed, .recorded, .note, .progress: true
      }
    if isNews { report(news) }
  }

  private static func change(_ state: borrowing Mutex<Bool>, to value: Bool) -> Bool {
    state.withLock { known in
      let isNews = known != value
      known = value
      return isNews
    }
  }
}
