internal import Git2

/// Checkpoints as other machines get them: what no commit of the branch has yet goes out without what looks
/// like a secret.
///
/// The reference here keeps everything. What goes out follows from what is kept alone, so that it is the same
/// commit each time. Commits that people and workers made are not touched.
actor OutgoingSnapshots {
  private var redaction: SnapshotRedaction
  private let path: String
  private let redact: @Sendable ([UInt8]) -> [UInt8]
  /// Commits that hold nothing back.
  private var free: Set<ObjectID> = []

  /// Checkpoints of the repository at a path; `redact` takes secrets out of a file's content.
  init(at path: String, redact: @escaping @Sendable ([UInt8]) -> [UInt8]) {
    redaction = SnapshotRedaction(at: path, redact: redact)
    self.path = path
    self.redact = redact
  }

  /// True for a checkpoint with commits below it that nobody else has and that look like they hold a secret: whether
  /// they are published is being asked of a person.
  ///
  /// `published` is what others have; `allowed` are files in which such lines are meant. Throws if an object cannot be
  /// read; nothing may go out then.
  func isHeldBack(
    _ checkpoint: ObjectID, notIn published: [ObjectID], allowing allowed: [String]
  ) throws -> Bool {
    if free.count > SnapshotRedaction.maximumRemembered { free = [] }
    let repository = try Repository(at: path)
    let known = published.filter { repository.contains($0) }
    for id in try repository.commits(notIn: known, to: checkpoint) where !free.contains(id) {
      let subject = try repository.commit(id).subject
      // What stands for files goes out without its secrets.
      if !SnapshotRedaction.subjects.contains(where: subject.hasPrefix) {
        var search = SecretSearch(redact: redact, allowing: allowed)
        try search.look(at: id, in: repository)
        if !search.findings.isEmpty { return true }
      }
      free.insert(id)
    }
    return false
  }

  /// The commit that others get in a checkpoint's place: itself if nothing in it looks like a secret.
  ///
  /// Throws if an object cannot be read or written; nothing may go out then.
  func commit(for checkpoint: ObjectID) throws -> ObjectID {
    try redaction.commit(for: checkpoint)
  }
}
