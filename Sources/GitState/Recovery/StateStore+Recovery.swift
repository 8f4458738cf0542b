internal import Git2

extension StateStore {
  /// Mends what a crash has left, or what somebody else has put in the place of the state, if it cannot be
  /// gone on with as it is; returns what was found since the last call.
  ///
  /// A state is gone on with if it comes after the last one that this store wrote or found sound. A sound
  /// state costs two look-ups, and the first time a look at the names of references beside it.
  @discardableResult
  public func recoverIfNeeded() async throws(StateError) -> [StateRecovery.Finding] {
    try await keepSound()
    defer { found = [] }
    return found
  }

  /// The same, and keeps what was found for whoever asks.
  func keepSound() async throws(StateError) {
    let lock = folder.writerLock
    let known = known
    let (findings, tip) = try await repository.run {
      repository throws(StateError) -> ([StateRecovery.Finding], ObjectID?) in
      let tip = try? StateReader.tip(in: repository)
      let isSound = StateRecovery.isSound(in: repository, following: known)
      // A power cut ends the process: what it has torn is there when the next one begins.
      let isTorn =
        known == nil && StateRecovery.hasEmptyReference(in: repository.commonDirectory)
      if isSound && !isTorn { return ([], tip) }
      do throws(StateError) {
        let held = try FileLock(path: lock)
        let found = try StateRecovery.run(in: repository, mending: true, following: known)
        held.release()
        return (found, try? StateReader.tip(in: repository))
      } catch {
        // Where this user may not write, a sound state can be looked at all the same.
        if isSound { return ([], tip) }
        throw error
      }
    }
    found += findings
    note(tip)
  }
}
