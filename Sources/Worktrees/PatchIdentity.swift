internal import Git2

/// What a commit changes, told apart from other commits' changes as `git patch-id` does: by the
/// changed lines with three lines around them, without line numbers and white space.
struct PatchIdentity {
  /// A file that a commit changed.
  struct FileChange: Hashable {
    let path: [UInt8]
    let old: FileVersion?
    let new: FileVersion?
  }

  private static let contextLines = 3

  /// The changed files, in a fixed order.
  let changes: [FileChange]

  /// The paths alone: commits that differ in them change different things.
  var paths: [[UInt8]] { changes.map(\.path) }

  /// Compares two trees; nil is the empty one.
  init(
    from old: ObjectID?, to new: ObjectID?, _ objects: inout MergeObjects,
    in repository: borrowing Repository
  ) throws {
    var changes: [FileChange] = []
    try Self.collect(old, new, path: [], into: &changes, &objects, in: repository)
    self.changes = changes
  }

  private static func collect(
    _ old: ObjectID?, _ new: ObjectID?, path: [UInt8], into changes: inout [FileChange],
    _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws {
    try TreeDepth.check(path)
    let before = try objects.tree(old, in: repository)
    let after = try objects.tree(new, in: repository)
    for change in RawTree.changes(from: before, to: after) {
      guard let entry = change.new ?? change.old else { continue }
      let place = path.isEmpty ? entry.name : path + [0x2F] + entry.name
      if entry.isTree {
        try collect(
          change.old?.id, change.new?.id, path: place, into: &changes, &objects, in: repository)
      } else {
        changes.append(
          FileChange(
            path: place, old: change.old.map(FileVersion.init),
            new: change.new.map(FileVersion.init)))
      }
    }
  }

  /// The id of the change.
  func id(_ objects: MergeObjects, in repository: borrowing Repository) throws -> ObjectID {
    var text: [UInt8] = []
    for change in changes {
      text += change.path
      let modes = "\0\(change.old?.mode ?? 0)\0\(change.new?.mode ?? 0)\n"
      text += Array(modes.utf8)
      let isFile = change.old?.isSubmodule != true && change.new?.isSubmodule != true
      let old = try isFile ? change.old.map { try objects.blob($0.id, in: repository) } ?? [] : []
      let new = try isFile ? change.new.map { try objects.blob($0.id, in: repository) } ?? [] : []
      if !isFile || old.prefix(8000).contains(0) || new.prefix(8000).contains(0) {
        text += Array("\(change.old?.id.hex ?? "") \(change.new?.id.hex ?? "")\n".utf8)
      } else {
        try Self.append(old, new, to: &text)
      }
    }
    return try Repository.id(of: text, .blob)
  }

  /// Appends changed lines and those around them, without white space.
  private static func append(
    _ old: [UInt8], _ new: [UInt8], to text: inout [UInt8]
  ) throws(GitError) {
    var table = LineTable()
    let before = table.cut(old)
    let after = table.cut(new)
    var shown = 0
    let changes = try Repository.lineChanges(from: old, to: new)
    for (index, change) in changes.enumerated() {
      let start = max(shown, change.old.lowerBound - contextLines)
      for line in start..<change.old.lowerBound { append(" ", before.line(line), to: &text) }
      for line in change.old { append("-", before.line(line), to: &text) }
      for line in change.new { append("+", after.line(line), to: &text) }
      let next = index + 1 < changes.count ? changes[index + 1].old.lowerBound : before.count
      shown = min(change.old.upperBound + contextLines, next)
      for line in change.old.upperBound..<shown { append(" ", before.line(line), to: &text) }
    }
  }

  private static func append(_ sign: Character, _ line: ArraySlice<UInt8>, to text: inout [UInt8]) {
    text += Array(String(sign).utf8)
    text += line.filter { $0 != 0x20 && !(0x09...0x0D).contains($0) }
  }
}
