internal import Git2

/// Checkpoints as other machines get them: what no commit of the branch has yet goes out without what looks
/// like a secret.
///
/// The reference here keeps everything. What goes out follows from what is kept alone, so that it is the same
/// commit each time. Commits that people and workers made are not touched.
actor OutgoingSnapshots {
  private var redaction: SnapshotRedaction

  /// Checkpoints of the repository at a path; `redact` takes secrets out of a file's content.
  init(at path: String, redact: @escaping @Sendable ([UInt8]) -> [UInt8]) {
    redaction = SnapshotRedaction(at: path, redact: redact)
  }

  /// The commit that others get in a checkpoint's place: itself if nothing in it looks like a secret.
  ///
  /// Throws if an object cannot be read or written; nothing may go out then.
  func commit(for checkpoint: ObjectID) throws -> ObjectID {
    try redaction.commit(for: checkpoint)
  }
}
