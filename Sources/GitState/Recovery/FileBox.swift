internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Small questions about files, for recovery.
enum FileBox {
  /// The age from which a temporary file is taken for that of a dead process, in seconds.
  static let leftoverSeconds = 3600
  /// The same for what comes over the network.
  static let transferSeconds = 86_400

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// True if this user may make files in a folder.
  static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }

  /// The size in bytes of a file; nil if there is none.
  static func size(_ path: String) -> Int? {
    var information = stat()
    guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(information.st_size)
  }

  /// Seconds since a file was changed; 0 if that is not known.
  static func age(_ path: String) -> Int {
    var information = stat()
    var now = timespec()
    guard stat(path, &information) == 0, clock_gettime(CLOCK_REALTIME, &now) == 0 else { return 0 }
    #if canImport(Glibc)
      return now.tv_sec - information.st_mtim.tv_sec
    #else
      return now.tv_sec - information.st_mtimespec.tv_sec
    #endif
  }

  static func text(_ path: String) -> String? {
    LocalFolder.read(path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The last lines of a file, from at most so many bytes; nil if it cannot be read.
  static func lastLines(_ path: String, bytes limit: Int) -> [String]? {
    guard let size = size(path) else { return nil }
    let descriptor = orch_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let start = max(0, size - limit)
    var bytes = [UInt8](repeating: 0, count: size - start)
    let read = bytes.withUnsafeMutableBytes {
      pread(descriptor, $0.baseAddress, $0.count, off_t(start))
    }
    let lines = String(decoding: bytes.prefix(max(0, read)), as: UTF8.self).split(separator: "\n")
    // The first one may be the end of a longer one.
    return lines.dropFirst(start > 0 ? 1 : 0).map(String.init)
  }

  static func remove(_ path: String) -> Bool { unlink(path) == 0 }

  /// Moves a file into a folder under a name of its own.
  static func setAside(_ path: String, in folder: String) {
    guard exists(path) else { return }
    mkdir(folder, 0o777)
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let name = path.split(separator: "/").last ?? "file"
    _ = rename(path, "\(folder)/\(name)-\(now.tv_sec)-\(now.tv_nsec)")
  }
}
