internal import Git2

/// What a base's commits since a common ancestor changed: looked through once for all branches.
struct BaseChanges {
  private struct Commit {
    let id: ObjectID
    let identity: PatchIdentity
  }

  /// Newest first.
  private let commits: [Commit]
  private let byPaths: [[[UInt8]]: [Int]]
  private var identities: [Int: ObjectID] = [:]

  /// Reads the commits that `onto` has and `ancestor` has not; merges change nothing of their own.
  init(
    from ancestor: ObjectID?, onto: ObjectID, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws {
    var commits: [Commit] = []
    var byPaths: [[[UInt8]]: [Int]] = [:]
    for id in try repository.commits(from: ancestor, to: onto).reversed() {
      let header = try objects.header(of: id, in: repository)
      guard header.parents.count < 2 else { continue }
      let before = try header.parents.first.map { try objects.header(of: $0, in: repository).tree }
      let identity = try PatchIdentity(
        from: before, to: header.tree, &objects, in: repository)
      byPaths[identity.paths, default: []].append(commits.count)
      commits.append(Commit(id: id, identity: identity))
    }
    self.commits = commits
    self.byPaths = byPaths
  }

  /// True if one of the commits makes the same change.
  mutating func contain(
    _ change: PatchIdentity, _ objects: MergeObjects, in repository: borrowing Repository
  ) throws -> Bool {
    guard !change.changes.isEmpty, let candidates = byPaths[change.paths] else { return false }
    if candidates.contains(where: { commits[$0].identity.changes == change.changes }) {
      return true
    }
    let wanted = try change.id(objects, in: repository)
    for index in candidates {
      let known = try identities[index] ?? commits[index].identity.id(objects, in: repository)
      identities[index] = known
      if known == wanted { return true }
    }
    return false
  }

  /// The commits that changed one of the paths, newest first.
  func touching(_ paths: Set<[UInt8]>) -> [ObjectID] {
    commits.filter { $0.identity.changes.contains { paths.contains($0.path) } }.map(\.id)
  }
}
