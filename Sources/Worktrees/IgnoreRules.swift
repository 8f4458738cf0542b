/// What git ignores in one folder and below, with the rules of the folders above.
///
/// Source: gitignore(5).
final class IgnoreRules: Sendable {
  private let parent: IgnoreRules?
  private let patterns: [PathPattern]
  private let base: Int
  private let ignoresCase: Bool

  /// The rules of a text that belongs to a folder; `base` is the length of its path with the slash.
  init(_ text: [UInt8], base: Int, below parent: IgnoreRules?, ignoringCase: Bool) {
    self.parent = parent
    self.base = base
    ignoresCase = ignoringCase
    patterns = PatternLines.lines(text).compactMap { line in
      guard line.first != UInt8(ascii: "#") else { return nil }
      let kept = Self.withoutTrailingSpaces(line)
      return kept.isEmpty ? nil : PathPattern(kept, mayNegate: true)
    }
  }

  /// True if an untracked path is ignored by a pattern; folders above it are the caller's business.
  func ignores(_ path: [UInt8], isFolder: Bool) -> Bool {
    var level: IgnoreRules? = self
    while let rules = level {
      for pattern in rules.patterns.reversed()
      where pattern.matches(
        path, base: rules.base, isFolder: isFolder, ignoringCase: ignoresCase)
      {
        return !pattern.isNegated
      }
      level = rules.parent
    }
    return false
  }

  /// Spaces at the end count only behind a backslash.
  private static func withoutTrailingSpaces(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var end = line.startIndex
    var position = line.startIndex
    while position < line.endIndex {
      if line[position] == UInt8(ascii: "\\"), position + 1 < line.endIndex {
        position += 1
        end = position + 1
      } else if line[position] != UInt8(ascii: " ") {
        end = position + 1
      }
      position += 1
    }
    return line[..<end]
  }
}
