/// What of a fetched state is kept out of the join; the rest is joined.
public struct Quarantine: Sendable, Hashable {
  /// Nothing is kept out.
  public static let none = Quarantine()

  /// Files and folders, by their paths' bytes, joined with "/".
  private(set) var paths: Set<[UInt8]> = []
  /// Every folder that has something kept out in it, and every log with lines kept out.
  private(set) var touched: Set<[UInt8]> = []
  /// The latest time of a line that is let in, in milliseconds since 1970.
  var latestTime: Int?
  /// The longest line that is let in, in bytes.
  var maximumLineBytes: Int?

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

  /// True if a line is let in.
  func admits(_ line: LogLine) -> Bool {
    if let maximumLineBytes, line.bytes.count > maximumLineBytes { return false }
    if let latestTime, let time = line.time, !(time <= Double(latestTime)) { return false }
    return true
  }

  private mutating func touchFolders(of path: [UInt8]) {
    var rest = path[...]
    while let slash = rest.lastIndex(of: UInt8(ascii: "/")) {
      rest = rest[..<slash]
      touched.insert(Array(rest))
    }
    touched.insert([])
  }
}
