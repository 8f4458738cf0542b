#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Paths as words, without a look at what is there.
enum FilePath {
  /// A path with links resolved; the path itself where nothing is there.
  static func resolved(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
  }

  /// The parts of a path, without `.` and with `..` taken back.
  static func parts(of path: String) -> [Substring] {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts
  }
}
