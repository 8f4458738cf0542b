public import Git2
public import GitCLI
internal import GitState
internal import Synchronization
public import Workflow
internal import Worktrees

/// Looks at the branches of all open tasks; keeps what it found, so that a moved head costs only its own pairs.
public final class RadarScanner: Sendable {
  /// The most branches of one base that are looked at; the oldest tasks come first.
  public static let maximumBranches = 200
  /// The most files that are named of a worktree.
  static let maximumFiles = 500

  private let radars = Mutex<[String: Radar]>([:])
  private let newest = Mutex<[RadarView]>([])

  /// What the last look found.
  public var latest: [RadarView] { newest.withLock { $0 } }

  /// A scanner that knows nothing yet.
  public init() {}

  /// Looks at every base that open tasks have; bases that were never fetched are left out.
  ///
  /// `git` is asked for files that a partial clone has left at its remote. `worktrees` are the folders in which workers of this machine are at work, by task.
  public func look(
    _ tasks: [String: TaskView], remote: String, worktrees: [String: String],
    through code: RepositoryActor, git: GitProgram
  ) async throws -> [RadarView] {
    let open = tasks.values.filter { $0.isOnRadar }.sorted {
      ($0.createdAt, $0.id) < ($1.createdAt, $1.id)
    }
    var views: [RadarView] = []
    for (base, members) in Dictionary(grouping: open, by: { $0.base ?? "" }).sorted(by: {
      $0.key < $1.key
    }) {
      let radar = radars.withLock { $0.removeValue(forKey: base) } ?? Radar()
      let members = Array(members.prefix(Self.maximumBranches))
      let dirty = await Self.uncommitted(members, worktrees)
      let scan = Scan(base: base, remote: remote, tasks: members, uncommitted: dirty)
      let (heads, baseHead) = try await code.run { repository throws in
        try repository.refreshObjects()
        return (try scan.heads(in: repository), try scan.baseHead(in: repository))
      }
      if let baseHead {
        try await PartialClone.bring(
          Array(heads.values), base: baseHead, from: remote, git, code)
      }
      let (found, kept) = try await code.run { repository throws -> (RadarView?, Radar) in
        try repository.refreshObjects()
        return try scan.run(radar, in: repository)
      }
      radars.withLock { $0[base] = kept }
      if let found { views.append(found) }
    }
    let complete = views
    newest.withLock { $0 = complete }
    return views
  }

  /// What workers have changed and not committed; a worktree that cannot be read just now has nothing.
  ///
  /// Beside the orchestrator, whose turns would wait for it.
  private static func uncommitted(
    _ tasks: [TaskView], _ worktrees: [String: String]
  ) async -> [String: [String]] {
    var found: [String: [String]] = [:]
    for task in tasks {
      guard let path = worktrees[task.id] else { continue }
      let worktree = Worktree(
        path: path, name: Naming.administrativeName(task: task.id), branch: task.ownBranch)
      guard WorktreeStore.isWhole(worktree), let status = try? await worktree.statusBeside() else {
        continue
      }
      found[task.id] = Array(status.changedFiles.prefix(maximumFiles))
    }
    return found
  }
}

extension TaskView {
  /// True if it has a branch that is still to be merged.
  var isOnRadar: Bool {
    guard branch != nil, base != nil, !isCleanedUp else { return false }
    switch status {
    case .inProgress, .inReview, .routed, .needsReview, .blocked: return true
    case .new, .done, .cancelled: return false
    }
  }
}

/// One look at the branches of one base.
private struct Scan: Sendable {
  let base: String
  let remote: String
  let tasks: [TaskView]
  let uncommitted: [String: [String]]

  func run(
    _ before: Radar, in repository: borrowing Repository
  ) throws -> (RadarView?, Radar) {
    var radar = before
    guard let baseHead = try baseHead(in: repository) else { return (nil, radar) }
    let heads = try heads(in: repository)
    let report = try radar.scan(
      heads.map { RadarBranch(name: $0.key, head: $0.value) }, base: baseHead, in: repository)
    var files: [String: [String]] = [:]
    for (task, head) in heads where report.unreadable[task] == nil {
      let committed = try radar.changedPaths(of: head, base: baseHead, in: repository)
      let fresh = uncommitted[task] ?? []
      files[task] =
        fresh + committed.prefix(RadarScanner.maximumFiles).filter { !fresh.contains($0) }
    }
    var view = view(report, heads, files, baseHead: baseHead)
    addOverlaps(to: &view, files)
    return (view, radar)
  }

  /// The base as it was fetched last.
  func baseHead(in repository: borrowing Repository) throws -> ObjectID? {
    try repository.reference(RefLayout.trackedBranch(base, of: remote))
  }

  /// The heads that are on this machine, by task.
  func heads(in repository: borrowing Repository) throws -> [String: ObjectID] {
    var heads: [String: ObjectID] = [:]
    for task in tasks {
      let local = try repository.reference("refs/heads/" + task.ownBranch)
      let pushed = task.pullRequest.flatMap { ObjectID(hex: $0.head) }
      guard let head = local ?? pushed, repository.contains(head) else { continue }
      heads[task.id] = head
    }
    return heads
  }

  private func view(
    _ report: RadarReport, _ heads: [String: ObjectID], _ files: [String: [String]],
    baseHead: ObjectID
  ) -> RadarView {
    let branches = tasks.compactMap { task in
      heads[task.id].map { head in
        RadarView.Branch(
          task: task.id, title: task.title, status: task.status, branch: task.branch ?? "",
          head: head.hex, files: files[task.id] ?? [], uncommitted: uncommitted[task.id] ?? [])
      }
    }
    return RadarView(
      base: base, baseHead: baseHead.hex, branches: branches,
      collisions: report.collisions.map {
        .init(one: $0.one, other: $0.other, places: $0.files.map(Self.place), isCertain: true)
      },
      baseConflicts: report.baseConflicts.mapValues { $0.map(Self.place) }, order: report.order,
      rework: report.rework.sorted(),
      unreadable: report.unreadable.mapValues(Explain.worktree))
  }

  private static func place(_ file: ConflictFile) -> RadarView.Place {
    .init(path: file.path, kind: file.kind.rawValue)
  }

  /// Adds the pairs of which one is changing a file, in no commit yet, that the other changes too.
  private func addOverlaps(to view: inout RadarView, _ files: [String: [String]]) {
    guard uncommitted.values.contains(where: { !$0.isEmpty }) else { return }
    let known = Set(view.collisions.map { [$0.one, $0.other] })
    let names = files.keys.sorted()
    for (index, one) in names.enumerated() {
      for other in names[(index + 1)...] where !known.contains([one, other]) {
        let fresh = Set(uncommitted[one] ?? []).union(uncommitted[other] ?? [])
        let both = Set(files[one] ?? []).intersection(files[other] ?? []).intersection(fresh)
        if both.isEmpty { continue }
        view.collisions.append(
          .init(
            one: one, other: other,
            places: both.sorted().map { .init(path: $0, kind: "changed by both") },
            isCertain: false))
      }
    }
  }
}
