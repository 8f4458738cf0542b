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
    guard let pattern = words.first, pattern.first != UInt8(ascii: "#"),
      pattern.first != UInt8(ascii: "["), Self.matches(pattern, path)
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

  /// A pattern without a slash is for names at any depth; others are for paths from their file on.
  private static func matches(_ pattern: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) -> Bool {
    if !pattern.contains(0x2F) {
      let start = path.lastIndex(of: 0x2F).map { $0 + 1 } ?? path.startIndex
      return PathPattern.matches(pattern, path[start...])
    }
    return PathPattern.matches(pattern.first == 0x2F ? pattern.dropFirst() : pattern, path)
  }
}

/// git's shell patterns for paths: `*`, `?` and sets stop at a slash, `**` does not.
enum PathPattern {
  /// True if the whole text matches.
  static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    switch first {
    case UInt8(ascii: "*"):
      if rest.first == UInt8(ascii: "*") {
        let after = rest.dropFirst()
        if after.first == 0x2F, matches(after.dropFirst(), text) { return true }
        return (text.startIndex...text.endIndex).contains { matches(after, text[$0...]) }
      }
      let end = text.firstIndex(of: 0x2F) ?? text.endIndex
      return (text.startIndex...end).contains { matches(rest, text[$0...]) }
    case UInt8(ascii: "?"):
      return text.first.map { $0 != 0x2F } == true && matches(rest, text.dropFirst())
    case UInt8(ascii: "["):
      guard let byte = text.first, byte != 0x2F, let set = Self.set(rest) else { return false }
      return set.contains(byte) && matches(set.rest, text.dropFirst())
    case UInt8(ascii: "\\") where !rest.isEmpty:
      return rest.first == text.first && matches(rest.dropFirst(), text.dropFirst())
    default:
      return first == text.first && matches(rest, text.dropFirst())
    }
  }

  /// The bytes between brackets, and what follows them; nil without a closing one.
  private static func set(
    _ pattern: ArraySlice<UInt8>
  ) -> (contains: (UInt8) -> Bool, rest: ArraySlice<UInt8>)? {
    var rest = pattern
    let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
    if isNegated { rest = rest.dropFirst() }
    var ranges: [ClosedRange<UInt8>] = []
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "]"), !ranges.isEmpty {
        return ({ byte in ranges.contains { $0.contains(byte) } != isNegated }, rest)
      }
      if rest.first == UInt8(ascii: "-"), let end = rest.dropFirst().first,
        end != UInt8(ascii: "]"), end >= byte
      {
        ranges.append(byte...end)
        rest = rest.dropFirst(2)
      } else {
        ranges.append(byte...byte)
      }
    }
    return nil
  }
}
