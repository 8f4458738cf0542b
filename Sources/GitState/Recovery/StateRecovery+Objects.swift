public import Git2

/// What references lead to, and whether all of it can be read.
extension StateRecovery {
  /// The objects of some states that are lost or cannot be read; reads all of them.
  public static func unreadable(
    in tips: [ObjectID], of repository: borrowing Repository
  ) -> [ObjectID] {
    var result: [ObjectID] = []
    var folders: [ObjectID] = []
    for tip in tips {
      if let commit = try? repository.commit(tip) {
        folders.append(commit.tree)
      } else {
        result.append(tip)
      }
    }
    var seen: Set<ObjectID> = [Genesis.emptyTree]
    while let folder = folders.popLast() {
      guard seen.insert(folder).inserted else { continue }
      guard let bytes = try? repository.bytes(of: folder, .tree),
        let tree = try? RawTree(bytes: bytes)
      else {
        result.append(folder)
        continue
      }
      folders += tree.entries.filter(\.isTree).map(\.id)
      for file in tree.entries where !file.isTree && seen.insert(file.id).inserted {
        if (try? repository.bytes(of: file.id, .blob)) == nil { result.append(file.id) }
      }
    }
    return result
  }

  /// The states that references lead to: this machine's, and those that some remotes had, whether they can be read
  /// or not.
  ///
  /// In the place of a reference that cannot be read stands the newest that its log knows.
  public static func tips(
    in repository: borrowing Repository, of remotes: [String]
  ) -> [ObjectID] {
    let recovery = StateRecovery(
      commonDirectory: repository.commonDirectory, isMending: false, known: nil)
    let own = (try? repository.reference(RefLayout.state)) ?? recovery.logged(RefLayout.state).first
    let names = remotes.map { RefLayout.tracking + $0 + "/" + RefLayout.state.dropFirst(5) }
    let tracked = names.compactMap { try? repository.reference($0) }.filter { id in
      // What is there and is no state is the sync's to refuse.
      (try? repository.commit(id)) == nil || isState(id, in: repository)
    }
    return Set([own].compactMap { $0 } + tracked).sorted()
  }

  /// States that this machine gave up because objects of them could not be read, and that are whole again, but no
  /// part of what it has now; the newest first.
  public static func givenUp(in repository: borrowing Repository) -> [ObjectID] {
    guard let tip = try? repository.reference(RefLayout.state) else { return [] }
    let recovery = StateRecovery(
      commonDirectory: repository.commonDirectory, isMending: false, known: nil)
    let log = recovery.log(of: RefLayout.state)
    var result: [ObjectID] = []
    for (number, line) in log.enumerated().reversed() where line.reason == givenUpReason {
      // A reference that could not be read held what it was moved to last.
      guard let id = line.old ?? (number > 0 ? log[number - 1].new : nil),
        (try? repository.commit(id)) != nil
      else { continue }
      let isThere = ([tip] + result).contains { newer in
        (try? newer == id || repository.contains(id, inHistoryOf: newer)) ?? true
      }
      if !isThere, isState(id, in: repository), unreadable(in: [id], of: repository).isEmpty {
        result.append(id)
      }
    }
    return result
  }
}
