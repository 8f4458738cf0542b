#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Processes that work in a folder: it may not be taken away from them.
enum LivingProcesses {
  /// The ids of processes whose working directory is the folder or below it; none where /proc is missing.
  static func ids(in folder: String) -> [Int32] {
    let place = realPath(folder)
    return FileText.names(in: "/proc").compactMap { name in
      guard let id = Int32(name), id != getpid() else { return nil }
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink("/proc/\(name)/cwd", &buffer, buffer.count)
      guard count > 0 else { return nil }
      let directory = String(
        decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return directory == place || directory.hasPrefix(place + "/") ? id : nil
    }.sorted()
  }
}
