/// One pattern of a `.gitignore` or `.gitattributes` file.
///
/// Source: gitignore(5).
struct PathPattern: Sendable {
  /// The part to match, without mark, leading and trailing slash.
  private let text: [UInt8]
  /// True if it is compared with the last part of a path only.
  private let isName: Bool
  /// True if it matches folders only.
  private let isForFolders: Bool
  /// True if nothing in it is special: it is compared byte by byte.
  private let isLiteral: Bool
  /// True if it is a star and then nothing special: `*.o`.
  private let isEnding: Bool
  /// True if a match takes an earlier one back.
  let isNegated: Bool

  /// Reads a pattern; nil if there is none.
  ///
  /// `mayNegate` makes a leading `!` the mark that takes an earlier match back.
  init?(_ line: some Collection<UInt8>, mayNegate: Bool) {
    var rest = Array(line)
    isNegated = mayNegate && rest.first == UInt8(ascii: "!")
    if isNegated { rest.removeFirst() }
    isForFolders = rest.last == UInt8(ascii: "/")
    if isForFolders { rest.removeLast() }
    isName = !rest.contains(UInt8(ascii: "/"))
    if rest.first == UInt8(ascii: "/") { rest.removeFirst() }
    if rest.isEmpty, !isForFolders { return nil }
    text = rest
    isLiteral = !rest.contains(where: Self.isSpecial)
    isEnding =
      rest.first == UInt8(ascii: "*") && !rest.dropFirst().contains(where: Self.isSpecial)
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "\\")].contains(byte)
  }

  /// True if it matches `path`; `base` bytes of it, with their slash, lead to the pattern's own folder.
  func matches(_ path: [UInt8], base: Int, isFolder: Bool, ignoringCase: Bool) -> Bool {
    if isForFolders, !isFolder { return false }
    let name: [UInt8]
    if isName {
      let slash = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
      if isLiteral, !ignoringCase { return path[slash...].elementsEqual(text) }
      if isEnding, !ignoringCase {
        let ending = text.dropFirst()
        return path.count - slash >= ending.count && path.suffix(ending.count).elementsEqual(ending)
      }
      name = Array(path[slash...])
    } else {
      if isLiteral, !ignoringCase { return path[base...].elementsEqual(text) }
      name = Array(path[base...])
    }
    return Wildmatch.matches(text, name, isPath: !isName, ignoringCase: ignoringCase)
  }
}

/// Lines of a text file as git splits them.
enum PatternLines {
  /// The lines without their breaks, a byte-order mark left out.
  static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    return bytes[start...].split(separator: 0x0A).map { line in
      line.last == 0x0D ? line.dropLast() : line
    }
  }
}
