#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A folder of the file system.
public enum Folder {
  /// The names in a folder, sorted, without `.` and `..`; none if it is missing or cannot be read.
  ///
  /// A name that is not UTF-8 comes out repaired, and leads to nothing.
  public static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        let capacity = MemoryLayout.size(ofValue: tuple.pointee)
        return tuple.withMemoryRebound(to: CChar.self, capacity: capacity) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// True for a folder, not for a link to one.
  public static func isFolder(_ path: String) -> Bool {
    var information = stat()
    return lstat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
  }
}
