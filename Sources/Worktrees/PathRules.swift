/// Paths that patterns name which are written as in `.gitignore`.
public struct PathRules: Sendable {
  private let rules: IgnoreRules

  /// The paths that any of the patterns names; of several that do, the last one counts.
  public init(_ patterns: [String]) {
    rules = IgnoreRules(
      Array(patterns.joined(separator: "\n").utf8), base: 0, below: nil, ignoringCase: false)
  }

  /// True if a file, or a folder above it, is named; `path` is from the top of the repository.
  public func matches(_ path: String) -> Bool {
    let bytes = Array(path.utf8)
    let slashes = bytes.indices.filter { bytes[$0] == UInt8(ascii: "/") }
    return slashes.contains { rules.ignores(Array(bytes[..<$0]), isFolder: true) }
      || rules.ignores(bytes, isFolder: false)
  }
}
