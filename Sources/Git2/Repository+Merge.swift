internal import CGit2

/// How two changes of one file came together.
public struct FileMerge: Sendable, Hashable {
  /// True if both changes fit.
  public let isClean: Bool
  /// The content, with conflict markers where they do not fit.
  public let bytes: [UInt8]
}

/// How two changes of a whole tree came together.
public enum WholeTreeMerge: Sendable, Hashable {
  /// Both fit; the tree is written.
  case clean(ObjectID)
  /// They do not fit in these files.
  case conflict(paths: [String])
}

extension Repository {
  /// Merges the changes from `ancestor` to `ours` and to `theirs`, line by line.
  public static func mergeFile(
    ancestor: [UInt8], ours: [UInt8], theirs: [UInt8], oursLabel: String = "base",
    theirsLabel: String = "branch"
  ) throws(GitError) -> FileMerge {
    try Library.start()
    var result = git_merge_file_result()
    defer { git_merge_file_result_free(&result) }
    let status = withFileInput(ancestor) { ancestor in
      withFileInput(ours) { ours in
        withFileInput(theirs) { theirs in
          oursLabel.withCString { oursLabel in
            theirsLabel.withCString { theirsLabel in
              var options = git_merge_file_options()
              git_merge_file_options_init(&options, UInt32(GIT_MERGE_FILE_OPTIONS_VERSION))
              options.our_label = oursLabel
              options.their_label = theirsLabel
              return git_merge_file(&result, &ancestor, &ours, &theirs, &options)
            }
          }
        }
      }
    }
    try check(status, "merge a file")
    let bytes = UnsafeRawBufferPointer(start: result.ptr, count: result.len)
    return FileMerge(isClean: result.automergeable == 1, bytes: Array(bytes))
  }

  private static func withFileInput<Result>(
    _ bytes: [UInt8], _ body: (inout git_merge_file_input) -> Result
  ) -> Result {
    bytes.withUnsafeBytes { buffer in
      var input = git_merge_file_input()
      git_merge_file_input_init(&input, UInt32(GIT_MERGE_FILE_INPUT_VERSION))
      input.ptr = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      input.size = buffer.count
      return body(&input)
    }
  }

  /// Merges whole trees with renames through libgit2; its cost follows the number of files.
  public func mergeTrees(
    ancestor: ObjectID, ours: ObjectID, theirs: ObjectID
  ) throws(GitError) -> WholeTreeMerge {
    let ancestorTree = try tree(ancestor)
    let oursTree = try tree(ours)
    let theirsTree = try tree(theirs)
    var options = git_merge_options()
    try check(
      git_merge_options_init(&options, UInt32(GIT_MERGE_OPTIONS_VERSION)), "prepare a merge")
    options.flags = GIT_MERGE_FIND_RENAMES.rawValue
    let raw = raw
    let (first, second, third) = (ancestorTree.pointer, oursTree.pointer, theirsTree.pointer)
    let index = try Handle<IndexKind>("merge trees") {
      git_merge_trees($0, raw, first, second, third, &options)
    }
    ancestorTree.end()
    oursTree.end()
    theirsTree.end()
    if git_index_has_conflicts(index.pointer) == 1 {
      return .conflict(paths: try conflictPaths(of: index))
    }
    var id = git_oid()
    try check(git_index_write_tree_to(&id, index.pointer, raw), "write a merged tree")
    return .clean(ObjectID(id))
  }

  private func conflictPaths(of index: borrowing Handle<IndexKind>) throws(GitError) -> [String] {
    var iterator: OpaquePointer?
    try check(git_index_conflict_iterator_new(&iterator, index.pointer), "list conflicts")
    defer { git_index_conflict_iterator_free(iterator) }
    var paths: Set<String> = []
    var ancestor: UnsafePointer<git_index_entry>?
    var ours: UnsafePointer<git_index_entry>?
    var theirs: UnsafePointer<git_index_entry>?
    while git_index_conflict_next(&ancestor, &ours, &theirs, iterator) == 0 {
      guard let entry = ours ?? theirs ?? ancestor else { continue }
      paths.insert(String(cString: entry.pointee.path))
    }
    git_error_clear()
    return paths.sorted()
  }

  func tree(_ id: ObjectID) throws(GitError) -> Handle<TreeKind> {
    let raw = raw
    var oid = id.oid
    return try Handle<TreeKind>("read tree \(id)") { git_tree_lookup($0, raw, &oid) }
  }

  /// The paths that differ between two trees; nil is the empty tree.
  public func changedPaths(
    from old: ObjectID?, to new: ObjectID?
  ) throws(GitError) -> [String] {
    try patch(from: old, to: new, limit: 0).paths
  }

  private func difference(
    from old: ObjectID?, to new: ObjectID?
  ) throws(GitError) -> Handle<DiffKind> {
    let raw = raw
    let empty = try Self.id(of: [], .tree)
    if old == nil || new == nil { try write([], .tree) }
    let oldTree = try tree(old ?? empty)
    let newTree = try tree(new ?? empty)
    let (oldPointer, newPointer) = (oldTree.pointer, newTree.pointer)
    let diff = try Handle<DiffKind>("compare trees") {
      git_diff_tree_to_tree($0, raw, oldPointer, newPointer, nil)
    }
    oldTree.end()
    newTree.end()
    return diff
  }

  /// The paths that differ between two trees, and the patch's text up to `limit` bytes.
  public func patch(
    from old: ObjectID?, to new: ObjectID?, limit: Int
  ) throws(GitError) -> (paths: [String], text: String, isCut: Bool) {
    let diff = try difference(from: old, to: new)
    let paths = (0..<git_diff_num_deltas(diff.pointer)).compactMap { index -> String? in
      guard let delta = git_diff_get_delta(diff.pointer, index) else { return nil }
      let path = delta.pointee.new_file.path ?? delta.pointee.old_file.path
      return path.map { String(cString: $0) }
    }
    guard limit > 0 else { return (paths, "", false) }
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    try check(git_diff_to_buf(&buffer, diff.pointer, GIT_DIFF_FORMAT_PATCH), "print a patch")
    let bytes = UnsafeRawBufferPointer(start: buffer.ptr, count: min(buffer.size, limit))
    return (paths, String(decoding: bytes, as: UTF8.self), buffer.size > limit)
  }
}

enum IndexKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_index_free(pointer) }
}

enum DiffKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_diff_free(pointer) }
}
