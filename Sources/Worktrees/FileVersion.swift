internal import Git2

/// What stands at a path in one of a merge's trees: a file, a link or a submodule.
struct FileVersion: Hashable, Sendable {
  var mode: UInt32
  var id: ObjectID

  init(mode: UInt32, id: ObjectID) {
    self.mode = mode
    self.id = id
  }

  init(_ entry: RawTree.Entry) { self.init(mode: entry.mode, id: entry.id) }

  /// The blob without a byte.
  private static let emptyBlob = ObjectID(hex: "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")
  /// True for a file without a byte.
  var isEmpty: Bool { id == Self.emptyBlob }
  /// The kind of file, without permissions.
  var type: UInt32 { mode & 0o170000 }
  /// True for a plain or executable file.
  var isRegular: Bool { type == 0o100000 }
  /// True for a submodule.
  var isSubmodule: Bool { type == 0o160000 }
  /// True for a symbolic link.
  var isLink: Bool { type == 0o120000 }
}

/// Who is who in a merge.
enum MergeSide: Int, CaseIterable {
  case ours
  case theirs

  var other: MergeSide { self == .ours ? .theirs : .ours }
}

/// A path in all three trees of a merge.
struct PathState: Sendable {
  var base: FileVersion?
  var ours: FileVersion?
  var theirs: FileVersion?
  /// Where each version comes from, if a rename brought it here.
  var basePath: [UInt8]?
  var oursPath: [UInt8]?
  var theirsPath: [UInt8]?
  /// Why a person must look although the versions may fit.
  var forced: ConflictKind?
  /// What the conflict is about, for a person.
  var detail: String?

  subscript(side: MergeSide) -> FileVersion? {
    get { side == .ours ? ours : theirs }
    set { if side == .ours { ours = newValue } else { theirs = newValue } }
  }

  mutating func setPath(_ path: [UInt8], of side: MergeSide) {
    if side == .ours { oursPath = path } else { theirsPath = path }
  }
}
