/// Histories of shallow clones: libgit2 1.5 does not know where they were cut off, and fails there.
extension Repository {
  /// The parents of a commit, as far as the clone has them.
  private func shallowParents(
    _ id: ObjectID, cutOff: Set<ObjectID>
  ) throws(GitError) -> [ObjectID] {
    cutOff.contains(id) ? [] : try commit(id).parents
  }

  /// The commits at which the history was cut off.
  private func cutOffCommits() -> Set<ObjectID> {
    let bytes = DurableFile.read(commonDirectory + "/shallow") ?? []
    return Set(
      String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap {
        ObjectID(hex: $0)
      })
  }

  /// All commits that can be reached, the start included.
  private func shallowHistory(
    of start: [ObjectID], cutOff: Set<ObjectID>
  ) throws(GitError) -> Set<ObjectID> {
    var found: Set<ObjectID> = []
    var queue = start
    while let id = queue.popLast() {
      guard found.insert(id).inserted else { continue }
      queue += try shallowParents(id, cutOff: cutOff)
    }
    return found
  }

  /// The commits of `head` that none of `others` has, parents before children.
  func shallowCommits(
    notIn others: [ObjectID], to head: ObjectID, limit: Int
  ) throws(GitError) -> [ObjectID] {
    let cutOff = cutOffCommits()
    let hidden = try shallowHistory(of: others, cutOff: cutOff)
    var result: [ObjectID] = []
    var done = hidden
    var stack: [(id: ObjectID, isOpen: Bool)] = [(head, false)]
    while let (id, isOpen) = stack.popLast() {
      if isOpen {
        result.append(id)
        continue
      }
      guard done.insert(id).inserted else { continue }
      stack.append((id, true))
      for parent in try shallowParents(id, cutOff: cutOff).reversed() {
        stack.append((parent, false))
      }
      guard result.count + stack.count <= 2 * limit, result.count <= limit else {
        throw GitError(
          code: .other(-1), operation: "walk the history of \(head)",
          message: "more than \(limit) commits")
      }
    }
    return result
  }

  /// A common ancestor that no other common ancestor descends from; nil if there is none.
  func shallowMergeBase(
    _ one: ObjectID, _ other: ObjectID
  ) throws(GitError) -> ObjectID? {
    let cutOff = cutOffCommits()
    let common = try shallowHistory(of: [one], cutOff: cutOff).intersection(
      try shallowHistory(of: [other], cutOff: cutOff))
    var inner: Set<ObjectID> = []
    for id in common { inner.formUnion(try shallowParents(id, cutOff: cutOff)) }
    return common.subtracting(inner).min()
  }
}
