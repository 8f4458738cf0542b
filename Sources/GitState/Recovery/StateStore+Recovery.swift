internal import Git2

extension StateStore {
  /// Mends what a crash has left, or what somebody else has put in the place of the state, if it cannot be
  /// gone on with as it is; returns what was found since the last call.
  ///
  /// A state is gone on with if it comes after the last one that this store wrote or found sound. A sound
  /// state costs two look-ups, the first time a look at what says that the work is shared, and one at the end of the
  /// reference's log where another process has moved it.
  @discardableResult
  public func recoverIfNeeded() async throws(StateError) -> [StateRecovery.Finding] {
    try await keepSound()
    defer { found = [] }
    return found
  }

  /// The same, and keeps what was found for whoever asks.
  func keepSound() async throws(StateError) {
    let (lock, writer) = (folder.writerLock, writer)
    let known = known
    let (findings, tip) = try await repository.run {
      repository throws(StateError) -> ([StateRecovery.Finding], ObjectID?) in
      let tip = try? StateReader.tip(in: repository)
      let isSound = StateRecovery.isSound(in: repository, following: known)
      if isSound, tip == known, known != nil { return ([], tip) }
      // A power cut ends the process: what it has torn is there when the next one begins.
      let isTorn = known == nil && StateRecovery.hasTornReference(in: repository)
      if isSound && !isTorn && StateWriter.handMade(in: repository) == nil { return ([], tip) }
      do throws(StateError) {
        let held = try FileLock(path: lock)
        var found =
          isTorn ? try StateRecovery.references(in: repository, mending: true) : []
        if !isSound {
          found += try StateRecovery.run(in: repository, mending: true, following: known)
        }
        if let hand = StateWriter.handMade(in: repository),
          let put = writer.putRight(hand, in: repository)
        {
          found.append(put)
        }
        held.release()
        return (found, try? StateReader.tip(in: repository))
      } catch {
        // Where this user may not write, a sound state can be looked at all the same.
        if isSound, !FileBox.isWritable(repository.commonDirectory) { return ([], tip) }
        throw error
      }
    }
    found += findings
    note(tip)
  }
}
