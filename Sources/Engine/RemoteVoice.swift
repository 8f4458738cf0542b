internal import Synchronization

/// Passes reports on, and says of an outage only that it began and that it is over, whoever finds it.
final class RemoteVoice: Sendable {
  private let report: @Sendable (RunReport) -> Void
  private let isAway = Mutex(false)

  init(_ report: @escaping @Sendable (RunReport) -> Void) { self.report = report }

  /// Passes a report on, unless it is known.
  func pass(_ news: RunReport) {
    let isNews =
      switch news {
      // It is there; something else has to be done.
      case .remoteUnreachable(SyncError.notTheArbiter): true
      case .remoteUnreachable: change(to: true)
      case .remoteReached: change(to: false)
      case .began, .ended, .failed, .recorded, .note, .progress: true
      }
    if isNews { report(news) }
  }

  private func change(to value: Bool) -> Bool {
    isAway.withLock { isAway in
      let isNews = isAway != value
      isAway = value
      return isNews
    }
  }
}
