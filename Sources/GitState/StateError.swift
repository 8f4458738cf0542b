public import Git2

/// Why the state could not be read or written.
public enum StateError: Error, Sendable, Hashable {
  /// The repository cannot be opened.
  case cannotOpen(OpenError)
  /// This repository has no state yet: `orch init` makes one.
  case notInitialised(repository: String)
  /// The state was written by a newer orch: this one may read, not write.
  case newerFormat(found: Int, known: Int)
  /// An event's line is over the limit.
  case eventTooLong(kind: String, bytes: Int, limit: Int)
  /// A file for a record's folder is over the limit.
  case fileTooLarge(name: String, bytes: Int, limit: Int)
  /// Other writers kept moving the state for all tries.
  case busy(tries: Int)
  /// The state's reference lock is held by a process that does not give it up.
  case locked(path: String)
  /// An object of the state is missing or damaged.
  case damaged(GitError)
  /// libgit2 failed.
  case git(GitError)
  /// Writing the objects failed: no space, no permission.
  case writing(PackError)
  /// A file of orch's own folder could not be used; `number` is errno.
  case file(path: String, operation: String, number: Int32)
  /// No record has a name that begins like this.
  case noSuchRecord(String)
  /// Several records' names begin like this.
  case ambiguousRecord(String, candidates: [String])
  /// A fetched state is not joined; ours is untouched.
  case refused(Refusal)
}
