/// What of a fetched state is kept out of the join; the rest is joined.
public struct Quarantine: Sendable, Hashable {
  /// Nothing is kept out.
  public static let none = Quarantine()

  /// Files and folders, by their paths' bytes, joined with "/".
  private(set) var paths: Set<[UInt8]> = []
  /// Every folder that has something kept out in it, and every log with lines kept out.
  private(set) var touched: Set<[UInt8]> = []
  /// True if git's own checks refuse what is kept out: a history that contains it could be fetched by
  /// nobody, so the commit does not become a parent of ours.
  var isTainted = false
  /// Which lines are let in.
  var rule: LineRule?

  /// True if everything is let in.
  public var isEmpty: Bool { touched.isEmpty && paths.isEmpty }

  /// Keeps a file or folder out.
  mutating func keepOut(_ path: [UInt8]) {
    paths.insert(path)
    touchFolders(of: path)
  }

  /// Has the lines of a file looked at one by one.
  mutating func keepOutLines(of path: [UInt8]) {
    touched.insert(path)
    touchFolders(of: path)
  }

  /// True if a file is kept out, or a folder that it is in.
  func keepsOut(_ path: String) -> Bool {
    var rest = Array(path.utf8)[...]
    while !paths.contains(Array(rest)) {
      guard let slash = rest.lastIndex(of: UInt8(ascii: "/")) else { return false }
      rest = rest[..<slash]
    }
    return true
  }

  /// True if a line is let in.
  func admits(_ line: LogLine) -> Bool { rule?.objection(to: line) == nil }

  private mutating func touchFolders(of path: [UInt8]) {
    var rest = path[...]
    while let slash = rest.lastIndex(of: UInt8(ascii: "/")) {
      rest = rest[..<slash]
      touched.insert(Array(rest))
    }
    touched.insert([])
  }
}
