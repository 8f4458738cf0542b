internal import Git2

/// The commits of a branch in the order in which a rebase takes them.
enum BranchCommits {
  /// The commits that `head` has and none of `others` has, parents first, merges included.
  ///
  /// Of lines that run side by side the first parent's comes first, as in `git rev-list --topo-order`.
  static func list(
    head: ObjectID, notIn others: [ObjectID], _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws -> [ObjectID] {
    let found = try repository.commits(notIn: others, to: head)
    let isMember = Set(found)
    var children: [ObjectID: Int] = [:]
    var hasMerges = false
    for id in found {
      let parents = try objects.header(of: id, in: repository).parents
      hasMerges = hasMerges || parents.count > 1
      for parent in parents { children[parent, default: 0] += 1 }
    }
    guard hasMerges else { return found }
    var order: [ObjectID] = []
    var ready = [head].filter(isMember.contains)
    while let id = ready.popLast() {
      order.append(id)
      for parent in try objects.header(of: id, in: repository).parents {
        children[parent, default: 1] -= 1
        if isMember.contains(parent), children[parent] == 0 { ready.append(parent) }
      }
    }
    return order.reversed()
  }
}
