internal import Git2

/// The objects that a join reads and makes: made ones stay in memory until the whole is decided.
struct JoinObjects {
  /// What was made.
  var pack: PackWriter

  /// The content of an object of a kind; throws `StateError.damaged` if it cannot be read.
  func bytes(
    of id: ObjectID, _ kind: ObjectKind, in repository: borrowing Repository
  ) throws(StateError) -> [UInt8] {
    if id == Genesis.emptyTree, kind == .tree { return [] }
    if let own = pack[id], own.kind == kind { return own.bytes }
    do throws(GitError) {
      return try repository.bytes(of: id, kind)
    } catch {
      throw .damaged(error)
    }
  }

  /// The entries of a folder.
  func entries(
    of id: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> [RawTree.Entry] {
    let bytes = try bytes(of: id, .tree, in: repository)
    do throws(GitError) {
      return try RawTree(bytes: bytes).entries
    } catch {
      throw .damaged(error)
    }
  }

  /// Adds an object unless it is one of those that were joined; returns its id.
  mutating func put(
    _ content: [UInt8], _ kind: ObjectKind, known: [ObjectID] = []
  ) throws(StateError) -> ObjectID {
    do throws(GitError) {
      if !known.isEmpty {
        let id = try Repository.id(of: content, kind)
        if known.contains(id) { return id }
      }
      return try pack.add(content, kind)
    } catch {
      throw .git(error)
    }
  }
}
