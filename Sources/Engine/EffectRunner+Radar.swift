internal import Git2
internal import GitState
internal import Synchronization
internal import Workflow
internal import Worktrees

/// What tasks will probably change, by their texts; worked out once for each version of a task.
final class ForecastKeeper: Sendable {
  struct Forecast: Sendable {
    let updatedAt: Int
    let base: ObjectID
    let files: Set<String>
  }

  private let known = Mutex<[String: Forecast]>([:])

  subscript(_ task: TaskView, base: ObjectID) -> Set<String>? {
    known.withLock { known in
      guard let found = known[task.id], found.updatedAt == task.updatedAt, found.base == base
      else { return nil }
      return found.files
    }
  }

  func keep(_ forecasts: [String: Forecast]) {
    known.withLock { $0.merge(forecasts) { $1 } }
  }

  /// Forgets tasks that are over.
  func forget(except tasks: Set<String>) {
    known.withLock { known in known = known.filter { tasks.contains($0.key) } }
  }
}

extension EffectRunner {
  /// The most waiting tasks of which it is worked out what they will change.
  static let maximumForecasts = 100

  /// Looks at the open branches and tells running workers with whom they collide; false if all is as it was.
  func lookAround(_ views: [String: TaskView]) async throws -> Bool {
    let before = radar.latest
    let running = views.values.filter {
      $0.status == .inProgress && $0.attempts.last?.host == tasks.state.host
    }
    let worktrees = Dictionary(
      running.map { ($0.id, worktree(of: $0).path) }, uniquingKeysWith: { first, _ in first })
    let found = try await radar.look(
      views, remote: options.remote, worktrees: worktrees, through: forecasting, git: git)
    for task in running {
      for view in found {
        try await tell(task, of: view, among: views)
      }
    }
    return found != before
  }

  /// Tells a worker once of each running neighbour that it collides with.
  private func tell(
    _ task: TaskView, of view: RadarView, among views: [String: TaskView]
  ) async throws {
    guard let attempt = task.attempts.last, attempt.endedAt == nil else { return }
    for (id, files) in view.neighbours(of: task.id).sorted(by: { $0.key < $1.key }) {
      guard let other = views[id], other.status == .inProgress else { continue }
      let name = "\(attempt.token)-near-\(id.prefix(6))"
      if task.messages.contains(where: { $0.id == name }) { continue }
      let list = files.prefix(10).joined(separator: ", ")
      let text =
        "Task \(id.prefix(6)) (\(other.title)) is changing the same files now: \(list). Keep what "
        + "you change there small and local; do not move, rename or reformat them."
      try await tasks.send(
        Message(id: name, at: options.clock(), sender: "orch", text: text, isForWorker: true),
        to: task.id)
    }
  }

  /// Of the tasks that could be begun, those at work by others that change the same files.
  func collisions(_ views: [String: TaskView]) async throws -> [String: Set<String>] {
    // Those that could be begun soon: the rest is looked at when it is their turn.
    let routed = views.filter { $0.value.status == .routed }
    let waiting = Planner.order(routed).prefix(Self.maximumForecasts)
    let atWork = views.values.filter { $0.status == .inProgress }
    // Two that wait may collide with each other: the first that is begun counts for the second.
    guard waiting.count > 1, waiting.count + atWork.count > 2 else { return [:] }
    let files = try await forecast(atWork + waiting)
    var found: [String: Set<String>] = [:]
    for task in waiting {
      guard let mine = files[task.id], !mine.isEmpty else { continue }
      let others = (atWork + waiting).filter { other in
        other.id != task.id && !mine.isDisjoint(with: files[other.id] ?? [])
      }
      if !others.isEmpty { found[task.id] = Set(others.map(\.id)) }
    }
    return found
  }

  /// The files that tasks change or will change: by their branches, their worktrees and their texts.
  func forecast(_ wanted: [TaskView]) async throws -> [String: Set<String>] {
    var files: [String: Set<String>] = [:]
    for branch in radar.latest.flatMap(\.branches) { files[branch.task] = Set(branch.files) }
    forecasts.forget(except: Set(wanted.map(\.id)))
    let remote = options.remote
    let configured = options.base
    let keeper = forecasts
    let texts = try await code.run { repository throws -> [String: Set<String>] in
      var found: [String: Set<String>] = [:]
      var new: [String: ForecastKeeper.Forecast] = [:]
      var bases: [String: ObjectID?] = [:]
      for task in wanted {
        let name = task.base ?? configured ?? ""
        let base: ObjectID? = try bases[name] ?? Self.base(name, remote, in: repository)
        bases[name] = .some(base)
        guard let base else { continue }
        if let known = keeper[task, base] {
          found[task.id] = known
          continue
        }
        let paths = TaskForecast.paths(in: task.title + "\n" + task.body)
        let tree = try repository.commit(base).tree
        var files = Set(paths.announced)
        for path in paths.mentioned where !files.contains(path) {
          if try Self.has(path, tree, in: repository) { files.insert(path) }
        }
        found[task.id] = files
        new[task.id] = .init(updatedAt: task.updatedAt, base: base, files: files)
      }
      keeper.keep(new)
      return found
    }
    return files.merging(texts) { $0.union($1) }
  }

  /// The commit in which a text's paths are looked up: the base as orch or git has fetched it, else the checkout's.
  private static func base(
    _ wanted: String, _ remote: String, in repository: borrowing Repository
  ) throws -> ObjectID? {
    let names = (wanted.isEmpty ? [] : [wanted]) + ["main", "master", "trunk"]
    let references =
      names.map { RefLayout.trackedBranch($0, of: remote) }
      + names.map { "refs/remotes/\(remote)/\($0)" } + ["HEAD"]
    for name in references {
      if let found = try repository.reference(name) { return found }
    }
    return nil
  }

  /// True if a tree has a file at a path.
  private static func has(
    _ path: String, _ tree: ObjectID, in repository: borrowing Repository
  ) throws -> Bool {
    var id = tree
    let parts = path.split(separator: "/")
    for (index, part) in parts.enumerated() {
      let folder = try RawTree(bytes: repository.bytes(of: id, .tree))
      guard let entry = folder[Array(part.utf8)] else { return false }
      if index == parts.count - 1 { return !entry.isTree }
      guard entry.isTree else { return false }
      id = entry.id
    }
    return false
  }
}
