/// Why a repository cannot be used.
public enum OpenError: Error, Sendable, Hashable {
  /// There is no repository at or above `path`.
  case notARepository(path: String)
  /// The repository belongs to another user, and `safe.directory` does not allow it.
  case ownedByAnotherUser(path: String)
  /// The configuration of the repository at `path` sets an extension that libgit2 does not know.
  case unsupportedExtension(name: String, value: String, path: String)
  /// Anything else that libgit2 said.
  case failed(GitError)
}
