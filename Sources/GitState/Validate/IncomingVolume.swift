internal import Git2

/// Counts what a fetched history has that ours has not, and stops at a limit.
///
/// Every new commit is looked at, since all of them stay in the repository, and each object once. What one
/// commit may bring is bounded closely, the whole widely: many small steps are what a busy week looks like.
struct IncomingVolume {
  private var objects = 0
  private var bytes = 0
  private var objectsInAll = 0
  private var bytesInAll = 0
  private var seen: Set<ObjectID> = []
  private let limits: ValidationLimits

  /// Throws `StateError.refused` if there is more than the limits allow.
  init(
    _ theirs: ObjectID, notIn ours: ObjectID?, limits: ValidationLimits,
    in repository: borrowing Repository
  ) throws(StateError) {
    self.limits = limits
    do throws(GitError) {
      let commits = try repository.commits(
        notIn: ours.map { [$0] } ?? [], to: theirs, limit: limits.objectsInAll)
      for id in commits {
        (objects, bytes) = (0, 0)
        let commit = try repository.commit(id)
        try add(id, in: repository)
        var before: [RawTree] = []
        for parent in commit.parents {
          if let tree = try folder(repository.commit(parent).tree, in: repository) {
            before.append(tree)
          }
        }
        try tree(commit.tree, before, depth: 0, in: repository)
        if let refusal { throw Self.stop(refusal) }
      }
    } catch {
      if let refusal { throw .refused(refusal) }
      // The walk's own limit.
      if error.category == 0, error.code == .other(-1) {
        throw .refused(.tooManyObjects(limit: limits.objectsInAll))
      }
      // A shallow clone does not have the history: what the tip holds is checked all the same.
      if error.code == .notFound, repository.isShallow { return }
      throw .damaged(error)
    }
  }

  private var refusal: Refusal? {
    if objects > limits.objects { return .tooManyObjects(limit: limits.objects) }
    if bytes > limits.bytes { return .tooManyBytes(limit: limits.bytes) }
    if objectsInAll > limits.objectsInAll { return .tooManyObjects(limit: limits.objectsInAll) }
    if bytesInAll > limits.bytesInAll { return .tooManyBytes(limit: limits.bytesInAll) }
    return nil
  }

  private static func stop(_ refusal: Refusal) -> GitError {
    GitError(code: .other(-2), operation: "count new objects", message: "\(refusal)")
  }

  /// Counts a folder and what is in it, except what an earlier version of the folder has.
  private mutating func tree(
    _ id: ObjectID, _ before: [RawTree], depth: Int, in repository: borrowing Repository
  ) throws(GitError) {
    guard try add(id, in: repository), depth <= limits.depth,
      let tree = try folder(id, in: repository)
    else { return }
    var new = tree.entries(notIn: before.first ?? RawTree())
    for other in before.dropFirst() { new.removeAll { other[$0.name] == $0 } }
    for entry in new {
      if let refusal { throw Self.stop(refusal) }
      if entry.isTree {
        var below: [RawTree] = []
        for folder in before {
          guard let old = folder[entry.name], old.isTree,
            let tree = try self.folder(old.id, in: repository)
          else { continue }
          below.append(tree)
        }
        try self.tree(entry.id, below, depth: depth + 1, in: repository)
      } else if entry.mode != RawTree.submoduleMode {
        try add(entry.id, in: repository)
      }
    }
  }

  /// Counts an object; false if it was counted before.
  @discardableResult
  private mutating func add(
    _ id: ObjectID, in repository: borrowing Repository
  ) throws(GitError) -> Bool {
    guard seen.insert(id).inserted else { return false }
    let size = try repository.header(of: id)?.size ?? 0
    objects += 1
    bytes += size
    objectsInAll += 1
    bytesInAll += size
    return true
  }

  /// A folder, if it is one of a size that is read; what is wrong with it is not found out here.
  private func folder(
    _ id: ObjectID, in repository: borrowing Repository
  ) throws(GitError) -> RawTree? {
    if id == Genesis.emptyTree { return RawTree() }
    guard let header = try repository.header(of: id), header.kind == .tree,
      header.size <= limits.treeBytes, let bytes = try? repository.bytes(ofUntrusted: id, .tree)
    else { return nil }
    return try? RawTree(bytes: bytes)
  }
}
