internal import Git2
internal import Synchronization

/// How the repository stood before the workers without walls began that run now, kept where none of them can
/// reach it.
///
/// While one runs, the picture is moved by orch alone: a worker that begins meanwhile is compared with the same
/// one, so that what another had planted by then is nobody's "before". What was found when one ended is told of
/// every other one that lived when it was done, as far as its time is known: which of them did it cannot be told.
final class RoomWatch: Sendable {
  /// How much the clocks of files and processes may differ, in milliseconds.
  static let slackMilliseconds = 1000
  /// The most commits of remotes' branches that are remembered; what was forgotten is looked up at the remote.
  static let maximumPublished = 20_000
  /// What is told of workers where several may have done it.
  private static let remark =
    "another worker ran at the same time: which of them did it cannot be told"

  /// Workers that may have done something.
  struct Suspects: Sendable, Equatable {
    /// The one that has ended.
    var isOwn: Bool
    /// Others that run, by their run directories.
    var others: Set<String> = []

    /// True if a worker may have done it at all.
    var isWorkers: Bool { isOwn || !others.isEmpty }
  }

  private struct Run {
    var differences = Differences()
    /// When it began, in milliseconds since 1970; nil if another process began it.
    var began: Int?
    /// True once it was compared: what was found stays the same, however often it is asked for.
    var isOver = false
  }

  private struct State {
    var picture: RepositoryPicture?
    var runs: [String: Run] = [:]
    /// What everybody who could have done it was told of: a person at work in the main checkout is told of once.
    var told: Set<String> = []
    /// Tasks of which effects are being carried out, with how many.
    var active: [String: Int] = [:]
    /// Tasks of which effects were carried out since the picture was taken.
    var touched: Set<String> = []
    /// The commits of bases that runs began on, as they were fetched then.
    var bases: [String: Set<String>] = [:]
    /// The notes that orch wrote or found sound last.
    var notes: ObjectID?
    /// Commits that branches of remotes were seen to lead to since the picture was taken.
    var published: Set<String> = []
  }

  private let state = Mutex(State())
  /// Pictures are taken and compared one at a time.
  let lane = Lane()

  // MARK: What orch does itself

  /// An effect of a task is begun: until no worker runs, what happens to that task's branch is orch's or its own
  /// worker's doing.
  func enter(_ task: String) {
    state.withLock { state in
      state.active[task, default: 0] += 1
      state.touched.insert(task)
    }
  }

  /// An effect of a task has ended.
  func leave(_ task: String) {
    state.withLock { state in
      let left = (state.active[task] ?? 1) - 1
      state.active[task] = left > 0 ? left : nil
    }
  }

  /// True if orch was at a task, or a worker of it lived, since the picture was taken.
  func wasAt(_ task: String) -> Bool { state.withLock { $0.touched.contains(task) } }

  /// The notes that orch wrote or found sound last; nil if it has seen none.
  var notes: ObjectID? { state.withLock { $0.notes } }

  /// The notes lead there, and nothing is wrong with them.
  func noteNotes(_ tip: ObjectID?) { state.withLock { $0.notes = tip } }

  /// Branches of remotes lead to some commits: to have them here under a reference is nobody's doing but git's.
  func notePublished(_ commits: some Sequence<String>) {
    let commits = Set(commits)
    state.withLock { state in
      if state.published.count > Self.maximumPublished { state.published = [] }
      state.published.formUnion(commits)
    }
  }

  /// True if a branch of a remote was seen to lead to a commit.
  func isPublished(_ commit: String) -> Bool {
    state.withLock { $0.published.contains(commit) }
  }

  /// A run is about to begin on commits of its base: they are not its own, however old the picture is.
  func noteBases(_ commits: [String], of run: String) {
    state.withLock { $0.bases[run, default: []].formUnion(commits) }
  }

  /// The commits of its base that a run began on; empty if another process began it.
  func bases(of run: String) -> Set<String> { state.withLock { $0.bases[run] ?? [] } }

  // MARK: Workers

  /// A picture is about to be taken: if no worker runs, what orch did before is in it.
  func prepare() {
    state.withLock { state in
      guard !state.runs.contains(where: { !$0.value.isOver }) else { return }
      state.touched = Set(state.active.keys)
    }
  }

  /// A worker that began under another process is seen on by this one; `picture` is what was noted then.
  func adopt(_ run: String, _ picture: RepositoryPicture) {
    state.withLock { state in
      guard state.runs[run] == nil else { return }
      state.picture = state.picture ?? picture
      state.runs[run] = Run()
    }
  }

  /// A worker begins at a time in milliseconds since 1970: returns the picture that it is compared with, which is
  /// `fresh` if no other one runs.
  func begin(_ run: String, _ fresh: RepositoryPicture, at now: Int) -> RepositoryPicture {
    state.withLock { state in
      let isAlone = !state.runs.contains { $0.key != run && !$0.value.isOver }
      let picture = isAlone ? fresh : state.picture ?? fresh
      state.picture = picture
      state.runs[run] = Run(began: now)
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

  /// Who may have done what was done at a time, in milliseconds since 1970; nil for a time that is not known.
  ///
  /// `run` lived from `start`, if that is known, until `end`; others live.
  func suspects(of time: Int?, ending run: String, from start: Int?, until end: Int) -> Suspects {
    state.withLock { state in
      func isBefore(_ began: Int?) -> Bool {
        guard let time, let began else { return false }
        return time < began - Self.slackMilliseconds
      }
      let others = state.runs.filter { name, other in
        name != run && !other.isOver && !isBefore(other.began)
      }
      let isAfter = time.map { $0 > end + Self.slackMilliseconds } ?? false
      return Suspects(
        isOwn: !isAfter && !isBefore(start ?? state.runs[run]?.began), others: Set(others.keys))
    }
  }

  /// A worker has ended: returns all that is to be told of it, and goes on with `now` as the picture.
  ///
  /// `found` is what workers may have done, with those who may have, `own` what is shown to be this one's.
  func end(
    _ run: String, _ found: [(Differences, Suspects)], own proven: Differences,
    now: RepositoryPicture
  ) -> Differences {
    state.withLock { state in
      if state.runs[run] == nil { state.runs[run] = Run() }
      var told: Set<String> = []
      for (all, suspects) in found {
        let (fresh, passing) = all.withoutPassing(state.told)
        told.formUnion(passing)
        // What nobody did who lives is told here: somebody has to hear of it.
        let names = suspects.others.union(suspects.isOwn || !suspects.isWorkers ? [run] : [])
        tell(fresh, of: names, &state)
      }
      state.told.formUnion(told)
      state.runs[run]?.differences.add(proven)
      state.runs[run]?.isOver = true
      let isLast = !state.runs.contains { !$0.value.isOver }
      state.picture = isLast ? nil : now
      return state.runs[run]?.differences ?? Differences()
    }
  }

  /// Something was found that any of the running workers may have done.
  func note(_ found: Differences) {
    state.withLock { state in
      tell(found, of: Set(state.runs.filter { !$0.value.isOver }.keys), &state)
    }
  }

  private func tell(_ found: Differences, of names: Set<String>, _ state: inout State) {
    guard !found.isEmpty else { return }
    for name in names {
      state.runs[name]?.differences.add(found)
      if names.count > 1 { state.runs[name]?.differences.add(Self.remark, to: .remark) }
    }
  }

  /// The end of a worker is recorded: nothing more is asked about it.
  func forget(_ run: String) {
    state.withLock { state in
      state.runs[run] = nil
      state.bases[run] = nil
    }
  }
}
