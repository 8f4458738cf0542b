internal import Folders

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Processes that work in a folder: it may not be taken away from them.
public enum LivingProcesses {
  /// The ids of processes whose working directory is the folder or below it; none where /proc is missing.
  public static func ids(in folder: String) -> [Int32] {
    let place = resolved(folder)
    return Folder.names(in: "/proc").compactMap { name in
      guard let id = Int32(name), id != getpid() else { return nil }
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink("/proc/\(name)/cwd", &buffer, buffer.count)
      guard count > 0 else { return nil }
      let directory = String(
        decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return directory == place || directory.hasPrefix(place + "/") ? id : nil
    }.sorted()
  }

  /// True if a git program works in the folder or below it.
  ///
  /// It goes to the top of its worktree before it does anything, and its name is git's own (proc(5), comm).
  static func includeGit(in folder: String) -> Bool {
    ids(in: folder).contains { id in
      DurableFile.beginning(of: "/proc/\(id)/comm", count: 3) == Array("git".utf8)
    }
  }

  private static func resolved(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
  }
}
