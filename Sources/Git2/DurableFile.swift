internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Why a pack could not be written.
public enum PackError: Error, Sendable, Hashable {
  /// A system call on a file failed; `number` is its errno.
  case file(path: String, operation: String, number: Int32)
  /// zlib or the hash failed.
  case compression(GitError)
}

/// write(2), under a name that `DurableFile.write` does not hide.
func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

/// read(2), under a name that `DurableFile.read` does not hide.
func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, bytes, count)
}

/// Files that are whole or absent, whatever happens: written beside, synced, renamed.
enum DurableFile {
  /// How often a file is written anew that was removed before it had its name.
  static let maximumTries = 10

  /// Writes a file that is not there yet; one of the same name is left as it is.
  ///
  /// A user's `git gc --prune=now` removes every `tmp_` file, also one that is being written: then it is written again.
  static func write(
    _ bytes: [UInt8], to path: String, sync: Bool, mode: mode_t = 0o644
  ) throws(PackError) {
    for _ in 1..<maximumTries {
      do throws(PackError) {
        return try writeOnce(bytes, to: path, sync: sync, mode: mode)
      } catch {
        guard case .file(_, "rename", ENOENT) = error else { throw error }
      }
    }
    try writeOnce(bytes, to: path, sync: sync, mode: mode)
  }

  private static func writeOnce(
    _ bytes: [UInt8], to path: String, sync: Bool, mode: mode_t
  ) throws(PackError) {
    if access(path, F_OK) == 0 { return }
    let temporary = temporaryPath(for: path)
    let descriptor = orch_open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode)
    guard descriptor >= 0 else {
      throw .file(path: path, operation: "create", number: -descriptor)
    }
    do throws(PackError) {
      defer { close(descriptor) }
      try writeAll(bytes, to: descriptor, path: path)
      if sync {
        let status = orch_sync_data(descriptor)
        guard status == 0 else { throw .file(path: path, operation: "sync", number: status) }
      }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw .file(path: path, operation: "rename", number: number)
    }
  }

  /// A file's bytes; nil if it is longer than `limit`, is no regular file, or cannot be read whole.
  ///
  /// With `followingLinks` false, a link is none, wherever it leads.
  static func read(
    _ path: String, limit: Int = .max, followingLinks: Bool = true
  ) -> [UInt8]? {
    // A pipe that nobody writes to is not waited for.
    let flags = O_RDONLY | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
    let descriptor = orch_open(path, flags, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      Int(information.st_size) <= limit
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
    var position = 0
    while position < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        systemRead(descriptor, $0.baseAddress.map { $0 + position }, $0.count - position)
      }
      guard count > 0 else { return nil }
      position += count
    }
    return bytes
  }

  /// A file's first bytes, `count` at most; nil if it cannot be read.
  static func beginning(of path: String, count: Int) -> [UInt8]? {
    let descriptor = orch_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    let read = bytes.withUnsafeMutableBytes {
      systemRead(descriptor, $0.baseAddress, $0.count)
    }
    return read < 0 ? nil : Array(bytes.prefix(read))
  }

  /// A file's last bytes, `count` at most; nil if it cannot be read.
  static func ending(of path: String, count: Int) -> [UInt8]? {
    let descriptor = orch_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { return nil }
    let wanted = min(count, Int(information.st_size))
    var bytes = [UInt8](repeating: 0, count: wanted)
    let start = information.st_size - off_t(wanted)
    let read = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, start) }
    return read == wanted ? bytes : nil
  }

  /// Makes a directory unless it is there.
  static func makeDirectory(_ path: String) throws(PackError) {
    guard mkdir(path, 0o777) != 0, errno != EEXIST else { return }
    throw .file(path: path, operation: "create", number: errno)
  }

  /// Makes the names in a directory survive a power cut.
  static func syncDirectory(_ path: String) throws(PackError) {
    let descriptor = orch_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { throw .file(path: path, operation: "open", number: -descriptor) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .file(path: path, operation: "sync", number: errno) }
  }

  /// Waits without burning the processor, between tries for a lock that others hold shortly.
  static func pause(milliseconds: Int) {
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    nanosleep(&time, nil)
  }

  /// git's gc removes `tmp_` files of any writer that died, once they are old.
  private static func temporaryPath(for path: String) -> String {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    return "\(path[..<slash])/tmp_orch_\(getpid())_\(UInt32.random(in: 0...UInt32.max))"
  }

  private static func writeAll(
    _ bytes: [UInt8], to descriptor: Int32, path: String
  ) throws(PackError) {
    let number = bytes.withUnsafeBytes { buffer -> Int32 in
      var position = 0
      while position < buffer.count {
        let count = systemWrite(
          descriptor, buffer.baseAddress.map { $0 + position }, buffer.count - position)
        if count < 0 {
          if errno == EINTR { continue }
          return errno
        }
        position += count
      }
      return 0
    }
    guard number == 0 else { throw .file(path: path, operation: "write", number: number) }
  }
}
