internal import Git2

/// The reference that people type, kept leading to the one that is pushed.
enum Alias {
  /// Makes `refs/orchestrator` a symbolic reference to the state.
  ///
  /// A plain reference of that name is replaced only if the state contains its commit already. A file that is
  /// none, as a power cut leaves it, is kept aside.
  static func ensure(in repository: borrowing Repository) throws(StateError) {
    let file = repository.commonDirectory + "/" + RefLayout.alias
    if FileBox.size(file) != nil, let text = FileBox.text(file), !isReference(text) {
      FileBox.setAside(file, in: repository.commonDirectory + "/orch/broken")
    }
    do throws(GitError) {
      switch try repository.target(of: RefLayout.alias) {
      case .symbolic(RefLayout.state): return
      case nil:
        try repository.setSymbolicReference(RefLayout.alias, to: RefLayout.state)
      case .symbolic, .object:
        guard let tip = try repository.reference(RefLayout.state) else { return }
        // One that leads nowhere holds nothing.
        if let old = try repository.reference(RefLayout.alias),
          try !contains(tip, ancestor: old, in: repository)
        {
          return
        }
        try repository.setSymbolicReference(RefLayout.alias, to: RefLayout.state, replacing: true)
      }
    } catch {
      // Two processes may make the alias at once; both make the same one.
      if error.code == .exists || error.code == .locked { return }
      throw .git(error)
    }
  }

  /// True for the content of a reference's file, whatever it leads to.
  private static func isReference(_ text: String) -> Bool {
    text.hasPrefix("ref: ") || ObjectID(hex: String(text.prefix(ObjectID.byteCount * 2))) != nil
  }

  private static func contains(
    _ tip: ObjectID, ancestor: ObjectID, in repository: borrowing Repository
  ) throws(GitError) -> Bool {
    var seen: Set<ObjectID> = []
    var queue = [tip]
    while let next = queue.popLast() {
      if next == ancestor { return true }
      guard seen.insert(next).inserted else { continue }
      queue += try repository.commit(next).parents
    }
    return false
  }
}
