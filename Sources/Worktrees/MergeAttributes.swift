internal import Git2

/// What the `.gitattributes` files of the side that is merged into say about merging a path.
///
/// `merge=union`, `merge=binary`, `-merge` and `binary` are honoured. A driver that the configuration
/// defines is a program, which a merge in memory does not run: its files are conflicts where both
/// sides changed them.
struct MergeAttributes {
  /// How a path's content is merged.
  enum Driver { case text, union, binary, program }

  private static let fileName = Array(".gitattributes".utf8)

  /// The tree whose attribute files count; nil if none do.
  var tree: ObjectID?
  /// The drivers that the configuration defines.
  var programs: Set<String> = []

  /// How a path is merged: the last line that matches counts, and deeper files before outer ones.
  func driver(
    for path: [UInt8], _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> Driver {
    var driver = Driver.text
    var folder = tree
    var rest = path[...]
    while let id = folder {
      let entries = try objects.tree(id, in: repository)
      if let file = entries[Self.fileName], !file.isTree {
        let text = String(decoding: try objects.blob(file.id, in: repository), as: UTF8.self)
        for line in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
          driver = self.driver(in: Array(line), for: rest) ?? driver
        }
      }
      guard let slash = rest.firstIndex(of: 0x2F) else { break }
      let entry = entries[Array(rest[..<slash])]
      folder = entry?.isTree == true ? entry?.id : nil
      rest = rest[(slash + 1)...]
    }
    return driver
  }

  /// What one line says about a path below its file; nil if nothing.
  private func driver(in line: [UInt8], for path: ArraySlice<UInt8>) -> Driver? {
    let words = line.split { $0 == 0x20 || $0 == 0x09 }
    guard let first = words.first, first.first != UInt8(ascii: "#"),
      first.first != UInt8(ascii: "["), let pattern = PathPattern(first, mayNegate: false),
      pattern.matches(Array(path), base: 0, isFolder: false, ignoringCase: false)
    else { return nil }
    var driver: Driver?
    for word in words.dropFirst() {
      switch String(decoding: word, as: UTF8.self) {
      case "merge=union": driver = .union
      case "merge=binary", "-merge", "binary": driver = .binary
      case "merge", "!merge", "merge=text": driver = .text
      case let other where other.hasPrefix("merge="):
        driver = programs.contains(String(other.dropFirst(6))) ? .program : .text
      default: continue
      }
    }
    return driver
  }
}
