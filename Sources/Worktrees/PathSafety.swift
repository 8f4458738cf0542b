/// Names that a tree may not put into a checkout, as git refuses them.
///
/// Source: verify_path in git's read-cache.c, with core.protectNTFS and core.protectHFS on.
enum PathSafety {
  /// True if a name of a tree's entry may become a file or folder.
  static func isSafe(_ name: some Collection<UInt8>) -> Bool {
    guard let first = name.first, !name.contains(0x2F) else { return false }
    if first == UInt8(ascii: ".") {
      if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { return false }
    } else if first != UInt8(ascii: "g"), first != UInt8(ascii: "G"), first < 0x80 {
      return true
    }
    let parts = name.split(omittingEmptySubsequences: false) { $0 == 0x5C || $0 == 0x3A }
    return !parts.contains { isGitFolder(Array($0)) }
  }

  /// True if every name on the way to a file may become a file or folder.
  static func isSafe(path: String) -> Bool {
    path.utf8.split(separator: 0x2F).allSatisfy { isSafe($0) }
  }

  /// True for `.git` in any spelling that some file system takes for it.
  private static func isGitFolder(_ name: [UInt8]) -> Bool {
    let visible = String(decoding: name, as: UTF8.self).unicodeScalars.filter { !isInvisible($0) }
    var text = String(String.UnicodeScalarView(visible)).lowercased()
    while text.hasSuffix(" ") || text.hasSuffix(".") { text.removeLast() }
    return text == ".git" || text == "git~1"
  }

  /// Characters that HFS+ leaves out when it compares names.
  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200C...0x200F, 0x202A...0x202E, 0x206A...0x206F, 0xFEFF: true
    default: false
    }
  }
}
