internal import Agents
internal import Dispatch
internal import Synchronization

/// Wakes the orchestrator of a repository: at once, and then at a pace, so that a storm of news costs few looks.
///
/// What comes between two rings is rung for by the next one: none is lost but by the end of this process.
final class WakeUp: Sendable {
  /// The shortest time between two rings, in milliseconds.
  static let paceMilliseconds = 2000

  private enum State { case quiet, rung, wanted }

  private let bell: String
  private let state = Mutex(State.quiet)

  /// Rings the bell of a repository by the folder that all its worktrees share.
  init(commonDirectory: String) { bell = commonDirectory + "/orch/bell" }

  /// Something happened.
  func wake() {
    let rings = state.withLock { state in
      let isQuiet = state == .quiet
      state = isQuiet ? .rung : .wanted
      return isQuiet
    }
    if rings { ring() }
  }

  private func ring() {
    Bell.ring(bell, .news)
    let pace = DispatchTimeInterval.milliseconds(Self.paceMilliseconds)
    DispatchQueue.global().asyncAfter(deadline: .now() + pace) { [self] in
      let rings = state.withLock { state in
        let isWanted = state == .wanted
        state = isWanted ? .rung : .quiet
        return isWanted
      }
      if rings { ring() }
    }
  }
}
