internal import Git2

extension StateStore {
  /// Mends what a crash has left, if the state cannot be opened as it is; returns what was found.
  ///
  /// A sound state costs two look-ups.
  public func recoverIfNeeded() async throws(StateError) -> [StateRecovery.Finding] {
    let lock = folder.writerLock
    return try await repository.run { repository throws(StateError) in
      if StateRecovery.isSound(in: repository) { return [] }
      let held = try FileLock(path: lock)
      let found = try StateRecovery.run(in: repository, mending: true)
      held.release()
      return found
    }
  }
}
