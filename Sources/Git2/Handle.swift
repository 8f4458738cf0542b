internal import CGit2

/// What kind of C object a handle owns, and how it is freed.
protocol HandleKind {
  /// Frees the object; called exactly once.
  static func free(_ pointer: OpaquePointer)
}

/// The one owner of a C object: it cannot be copied, and frees the object when it ends.
struct Handle<Kind: HandleKind>: ~Copyable {
  /// Valid as long as the handle lives; never leaves Git2.
  let pointer: OpaquePointer

  /// Takes over what `make` puts into its argument; throws if that fails or leaves nothing there.
  init(
    _ operation: @autoclosure () -> String,
    _ make: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
  ) throws(GitError) {
    var pointer: OpaquePointer?
    let status = make(&pointer)
    try check(status, operation())
    guard let pointer else {
      throw GitError(code: .other(-1), operation: operation(), message: "no object was returned")
    }
    self.pointer = pointer
  }

  /// Like the other initialiser, but nil where `make` says "not found".
  init?(
    finding operation: @autoclosure () -> String,
    _ make: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
  ) throws(GitError) {
    var pointer: OpaquePointer?
    let status = make(&pointer)
    guard try checkFound(status, operation()), let pointer else { return nil }
    self.pointer = pointer
  }

  /// Frees the object here; naming the end keeps it alive until there.
  consuming func end() {}

  deinit { Kind.free(pointer) }
}

enum RepositoryKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_repository_free(pointer) }
}

enum ObjectDatabaseKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_odb_free(pointer) }
}

enum RawObjectKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_odb_object_free(pointer) }
}

enum ReferenceKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_reference_free(pointer) }
}

enum ConfigurationKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_config_free(pointer) }
}

enum WalkKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_revwalk_free(pointer) }
}

enum CommitKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_commit_free(pointer) }
}

enum TreeKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_tree_free(pointer) }
}

enum BlobKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_blob_free(pointer) }
}

enum AnyObjectKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_object_free(pointer) }
}
