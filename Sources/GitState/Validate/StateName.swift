/// Which names of files and folders a state may have.
///
/// Lower-case letters, digits, `.`, `_` and `-`, not beginning with a sign: such names clash on no file
/// system, and none is special to git. `~` stands only before eight hexadecimal digits, as a join names
/// the second content of a file; so no name is a short form of `.git` on Windows (`git~1`).
enum StateName {
  /// The longest name, in bytes.
  static let maximumBytes = 255
  /// The longest part before the first `~`.
  static let maximumStemBytes = 81
  /// The one name with capitals, at the top.
  static let readMe = Array("README.md".utf8)

  /// True if an entry may have the name.
  static func isLegal(_ name: [UInt8], at place: Place) -> Bool {
    if place == .root {
      if name == readMe { return true }
      // On a file system that ignores case it would be the same file.
      if lowercased(name) == lowercased(readMe) { return false }
    }
    let parts = name.split(separator: UInt8(ascii: "~"), omittingEmptySubsequences: false)
    guard name.count <= maximumBytes, let stem = parts.first, let first = stem.first,
      stem.count <= maximumStemBytes, isLetterOrDigit(first),
      stem.allSatisfy({ isLetterOrDigit($0) || [0x2E, 0x5F, 0x2D].contains($0) })
    else { return false }
    return parts.dropFirst().allSatisfy { $0.count == 8 && $0.allSatisfy(RecordID.isDigit) }
  }

  /// True for a name that git's own checks may refuse, and a few that they would not.
  ///
  /// Those are `.git` in every spelling, `.` and `..`, and what is no name at all.
  static func isRefusedByGit(_ name: some Sequence<UInt8>) -> Bool {
    let ascii = lowercased(name.filter { $0 < 0x80 })
    let text = String(decoding: ascii, as: UTF8.self)
    if ["", ".", ".."].contains(text) || ascii.contains(UInt8(ascii: "/")) { return true }
    return text.hasPrefix(".git") || text.hasPrefix("g") && ascii.prefix(8).contains(0x7E)
  }

  /// The name with small ASCII letters.
  static func lowercased(_ name: some Sequence<UInt8>) -> [UInt8] {
    name.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 32 : $0 }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
