public import Git2

/// Forecasts collisions between open branches; keeps what it found, so that a moved head costs only
/// its own pairs.
///
/// Pairs whose changed paths do not meet are not merged; nothing is written.
public struct Radar: Sendable {
  private struct Pair: Hashable {
    let one: ObjectID
    let other: ObjectID
  }

  private var changes: [Pair: BranchChanges] = [:]
  private var verdicts: [Pair: [ConflictFile]] = [:]
  private var bases: [Pair: [ObjectID]] = [:]
  /// The commits of branches since they left the base.
  private var own: [Pair: Set<ObjectID>] = [:]
  /// The base's own line, by first parents: how many steps back from its head each commit is.
  private var line: [ObjectID: Int] = [:]
  /// The base of the last look.
  private var lastBase: ObjectID?
  /// What two places at which branches left the base have in common.
  private var crossings: [Pair: [ObjectID]] = [:]
  private var objects = MergeObjects()

  /// The most that is kept of folders between two looks, in bytes.
  static let maximumKeptBytes = 8 << 20
  /// The most changed paths that are kept between two looks; with more, they are found anew each time.
  static let maximumKeptPaths = 200_000
  /// The most steps back along the base's own line.
  static let maximumSteps = 1000

  /// The number of changed paths that are kept.
  var keptPaths: Int { changes.values.reduce(0) { $0 + $1.pathCount } }

  /// The number of pairs that had to be merged since the radar began.
  public private(set) var mergeCount = 0

  /// A radar that knows nothing yet.
  public init() {}

  /// Looks at all branches and the base.
  public mutating func scan(
    _ branches: [RadarBranch], base: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) -> RadarReport {
    do {
      let report = try report(branches.sorted { $0.name < $1.name }, base, in: repository)
      objects.discardNew()
      objects.trim(to: Self.maximumKeptBytes)
      forget(except: branches.map(\.head) + [base])
      return report
    } catch {
      throw WorktreeError(wrapping: error)
    }
  }

  private mutating func report(
    _ all: [RadarBranch], _ base: ObjectID, in repository: borrowing Repository
  ) throws -> RadarReport {
    let merge = try TreeMerge(configuredIn: repository)
    try follow(base, all.map(\.head), in: repository)
    var baseConflicts: [String: [ConflictFile]] = [:]
    var branches: [RadarBranch] = []
    var unreadable: [String: WorktreeError] = [:]
    for branch in all {
      do {
        let files = try collision(base, branch.head, base: base, merge, in: repository)
        if !files.isEmpty { baseConflicts[branch.name] = files }
        branches.append(branch)
      } catch {
        // Nobody's branch may keep the others from being looked at.
        unreadable[branch.name] = WorktreeError(wrapping: error)
      }
    }
    var collisions: [Collision] = []
    for (index, one) in branches.enumerated() {
      for other in branches[(index + 1)...] {
        let files = try collision(one.head, other.head, base: base, merge, in: repository)
        if !files.isEmpty {
          collisions.append(Collision(one: one.name, other: other.name, files: files))
        }
      }
    }
    let order = MergeOrder(
      branches: branches.map(\.name), collisions: collisions.map { ($0.one, $0.other) },
      unfit: Set(baseConflicts.keys))
    return RadarReport(
      collisions: collisions, baseConflicts: baseConflicts, order: order.order,
      rework: order.rework, unreadable: unreadable)
  }

  /// Takes in where the base is now: branches of which it has gained nothing left it where they did before.
  private mutating func follow(
    _ base: ObjectID, _ heads: [ObjectID], in repository: borrowing Repository
  ) throws {
    guard lastBase != base, !repository.isShallow, repository.contains(base) else { return }
    line = [:]
    var next: ObjectID? = base
    while let commit = next, line.count < Self.maximumSteps {
      line[commit] = line.count
      next = try repository.commit(commit).parents.first
    }
    defer { lastBase = base }
    guard let last = lastBase, line[last] != nil,
      let gained = try? Set(repository.commits(from: last, to: base))
    else { return }
    for head in heads {
      guard let known = bases[Pair(one: head, other: last)], known.count == 1,
        let commits = known.first.flatMap({ own[Pair(one: $0, other: head)] }),
        commits.isDisjoint(with: gained)
      else { continue }
      bases[Pair(one: head, other: base)] = known
    }
  }

  /// The files in which two heads collide; empty if they fit.
  private mutating func collision(
    _ one: ObjectID, _ other: ObjectID, base: ObjectID, _ merge: TreeMerge,
    in repository: borrowing Repository
  ) throws -> [ConflictFile] {
    let pair = Pair(one: one, other: other)
    if let known = verdicts[pair] { return known }
    let ancestors = try commonAncestors(one, other, base: base, in: repository)
    if ancestors.count > 1 {
      verdicts[pair] = try crossed(one, other, merge, in: repository)
      return verdicts[pair] ?? []
    }
    let ancestor = ancestors.first
    if let ancestor, try !mayMeet(one, other, since: ancestor, base: base, in: repository) {
      verdicts[pair] = []
      return []
    }
    let mine = try changed(since: ancestor, one, in: repository)
    let its = try changed(since: ancestor, other, in: repository)
    var files: [ConflictFile] = []
    if mine.meet(its) {
      mergeCount += 1
      let before = try ancestor.map { try objects.header(of: $0, in: repository).tree }
      let merged = try merge.merge(
        ancestor: before, ours: mine.tree, theirs: its.tree, &objects, in: repository)
      files = merged.conflicts.map { ConflictFile($0, style: merge.files.style).withoutTexts }
    }
    verdicts[pair] = files
    return files
  }

  /// False if neither two branches nor what the base gained between them touch the same paths: then they fit.
  ///
  /// What a branch changed since an ancestor is no more than what the base changed up to where the branch left it, which is the
  /// same for many branches, and what the branch changed since.
  private mutating func mayMeet(
    _ one: ObjectID, _ other: ObjectID, since ancestor: ObjectID, base: ObjectID,
    in repository: borrowing Repository
  ) throws -> Bool {
    let mine = try parts(of: one, since: ancestor, base: base, in: repository)
    let its = try parts(of: other, since: ancestor, base: base, in: repository)
    return mine.contains { part in its.contains { part.meet($0) } }
  }

  private mutating func parts(
    of head: ObjectID, since ancestor: ObjectID, base: ObjectID,
    in repository: borrowing Repository
  ) throws -> [BranchChanges] {
    let places = try forks(head, base, in: repository)
    guard places.count == 1, let place = places.first, place != ancestor else {
      return [try changed(since: ancestor, head, in: repository)]
    }
    return [
      try changed(since: ancestor, place, in: repository),
      try changed(since: place, head, in: repository),
    ]
  }

  private mutating func ownCommits(
    since place: ObjectID, _ head: ObjectID, in repository: borrowing Repository
  ) throws -> Set<ObjectID> {
    let pair = Pair(one: place, other: head)
    if let known = own[pair] { return known }
    let found = Set(try repository.commits(from: place, to: head, limit: 100_000))
    own[pair] = found
    return found
  }

  /// The files in which two heads collide that were merged into each other before.
  private mutating func crossed(
    _ one: ObjectID, _ other: ObjectID, _ merge: TreeMerge, in repository: borrowing Repository
  ) throws -> [ConflictFile] {
    mergeCount += 1
    let ancestor = try merge.ancestor(of: one, other, &objects, in: repository)
    var conflicts = ancestor.unclear
    if conflicts.isEmpty {
      conflicts = try merge.merge(
        ancestor: ancestor.tree, ours: objects.header(of: one, in: repository).tree,
        theirs: objects.header(of: other, in: repository).tree, &objects, in: repository
      ).conflicts
    }
    return conflicts.map { ConflictFile($0, style: merge.files.style).withoutTexts }
  }

  /// Branches that share none of their own commits have in common what the places have where they left the base.
  private mutating func commonAncestors(
    _ one: ObjectID, _ other: ObjectID, base: ObjectID, in repository: borrowing Repository
  ) throws -> [ObjectID] {
    let first = try forks(one, base, in: repository)
    let second = try forks(other, base, in: repository)
    if first.count == 1, second.count == 1, let first = first.first, let second = second.first {
      let own = try ownCommits(since: first, one, in: repository)
      if try own.isDisjoint(with: ownCommits(since: second, other, in: repository)) {
        if first == second { return [first] }
        // Of two places on the base's own line the older one is an ancestor of the other.
        if let one = line[first], let other = line[second] {
          return [one > other ? first : second]
        }
        // The order of the two is all the same, and there are few such places.
        let pair =
          first < second ? Pair(one: first, other: second) : Pair(one: second, other: first)
        if let known = crossings[pair] { return known }
        let found = try repository.mergeBases(of: first, andMergeOf: [second])
        crossings[pair] = found
        return found
      }
    }
    return try repository.mergeBases(of: one, andMergeOf: [other])
  }

  private mutating func forks(
    _ head: ObjectID, _ base: ObjectID, in repository: borrowing Repository
  ) throws -> [ObjectID] {
    let pair = Pair(one: head, other: base)
    if let known = bases[pair] { return known }
    let found = try repository.mergeBases(of: head, andMergeOf: [base])
    bases[pair] = found
    return found
  }

  private mutating func changed(
    since ancestor: ObjectID?, _ head: ObjectID, in repository: borrowing Repository
  ) throws -> BranchChanges {
    let pair = Pair(one: ancestor ?? .zero, other: head)
    if let known = changes[pair] { return known }
    let found = try BranchChanges(since: ancestor, head, &objects, in: repository)
    changes[pair] = found
    return found
  }

  /// The paths that a branch changed since it left the base, sorted; bytes that are not UTF-8 are replaced.
  public mutating func changedPaths(
    of head: ObjectID, base: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) -> [String] {
    do {
      let ancestor = try forks(head, base, in: repository).first
      return try changed(since: ancestor, head, in: repository).paths
    } catch {
      throw WorktreeError(wrapping: error)
    }
  }

  /// Drops what was found about heads that nobody watches any more.
  private mutating func forget(except heads: [ObjectID]) {
    let watched = Set(heads)
    verdicts = verdicts.filter { watched.contains($0.key.one) && watched.contains($0.key.other) }
    bases = bases.filter { watched.contains($0.key.one) && watched.contains($0.key.other) }
    let places = Set(bases.values.joined())
    changes = changes.filter { watched.contains($0.key.other) || places.contains($0.key.other) }
    own = own.filter { watched.contains($0.key.other) }
    crossings = crossings.filter { places.contains($0.key.one) && places.contains($0.key.other) }
    if keptPaths > Self.maximumKeptPaths { changes = [:] }
  }
}

extension WorktreeError {
  /// An error of Git2 under this module's names.
  fileprivate init(wrapping error: any Error) {
    do {
      try translating { throw error }
      self = .git(GitError(code: .other(-1), operation: "forecast collisions", message: "\(error)"))
    } catch {
      self = error
    }
  }
}
