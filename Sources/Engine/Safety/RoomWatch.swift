internal import Synchronization

/// How the repository stood before the workers without walls began that run now, kept where none of them can
/// reach it.
///
/// While one runs, the picture is moved by orch alone: a worker that begins meanwhile is compared with the same
/// one, so that what another had planted by then is nobody's "before". What was found when one ended is told of
/// every other one that ran too: which of them did it cannot be told.
final class RoomWatch: Sendable {
  private struct Run {
    var differences = Differences()
    var isAlone = true
    /// True once it was compared: what was found stays the same, however often it is asked for.
    var isOver = false
  }

  private struct State {
    var picture: RepositoryPicture?
    var runs: [String: Run] = [:]
  }

  private let state = Mutex(State())
  /// Pictures are taken and compared one at a time.
  let lane = Lane()

  /// A worker that began under another process is seen on by this one; `picture` is what was noted then.
  func adopt(_ run: String, _ picture: RepositoryPicture) {
    state.withLock { state in
      guard state.runs[run] == nil else { return }
      let others = state.runs.filter { !$0.value.isOver }.keys
      for name in others { state.runs[name]?.isAlone = false }
      state.picture = state.picture ?? picture
      state.runs[run] = Run(isAlone: others.isEmpty)
    }
  }

  /// A worker begins: returns the picture that it is compared with, which is `fresh` if no other one runs.
  func begin(_ run: String, _ fresh: RepositoryPicture) -> RepositoryPicture {
    state.withLock { state in
      let others = state.runs.filter { $0.key != run && !$0.value.isOver }
      let picture = others.isEmpty ? fresh : state.picture ?? fresh
      state.picture = picture
      for name in others.keys { state.runs[name]?.isAlone = false }
      state.runs[run] = Run(isAlone: others.isEmpty)
      return picture
    }
  }

  /// The picture that a running worker is compared with; nil if this process did not see it begin.
  func picture(of run: String) -> RepositoryPicture? {
    state.withLock { $0.runs[run] == nil ? nil : $0.picture }
  }

  /// What was found already of a worker whose comparison is over; nil if it is not.
  func result(of run: String) -> Differences? {
    state.withLock { $0.runs[run].flatMap { $0.isOver ? $0.differences : nil } }
  }

  /// A worker has ended: returns all that is to be told of it, and goes on with `now` as the picture.
  ///
  /// `found` is what any worker that ran may have done, `own` what is shown to be this one's.
  func end(
    _ run: String, _ found: Differences, own proven: Differences, now: RepositoryPicture
  ) -> Differences {
    state.withLock { state in
      var own = state.runs[run] ?? Run()
      own.differences.add(found)
      if !own.isAlone, !own.differences.isEmpty {
        own.differences.add(
          "another worker ran at the same time: which of them did it cannot be told", to: .remark)
      }
      own.differences.add(proven)
      own.isOver = true
      state.runs[run] = own
      let others = state.runs.filter { !$0.value.isOver }.keys
      for name in others { state.runs[name]?.differences.add(found) }
      state.picture = others.isEmpty ? nil : now
      return own.differences
    }
  }

  /// Something was found that any of the running workers may have done.
  func note(_ found: Differences) {
    state.withLock { state in
      for (name, run) in state.runs where !run.isOver { state.runs[name]?.differences.add(found) }
    }
  }

  /// The end of a worker is recorded: nothing more is asked about it.
  func forget(_ run: String) { state.withLock { _ = $0.runs.removeValue(forKey: run) } }
}
