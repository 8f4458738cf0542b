internal import CPlatform
internal import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An exclusive lock on a file, held until the last reference ends or its process dies, however it dies.
final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock; nil if another process has it and `waiting` is false.
  ///
  /// The file is made if it is missing, or, without `creating`, then there is no lock either.
  init?(_ path: String, waiting: Bool, creating: Bool = true) throws(WorktreeError) {
    while true {
      let descriptor = orch_open(path, creating ? O_RDWR | O_CREAT : O_RDWR, 0o666)
      guard descriptor >= 0 else {
        if !creating, descriptor == -ENOENT { return nil }
        throw .file(path: path, operation: "open", number: -descriptor)
      }
      let status = orch_flock_exclusive(descriptor, waiting)
      guard status == 0 else {
        close(descriptor)
        if status == EWOULDBLOCK { return nil }
        throw .file(path: path, operation: "lock", number: status)
      }
      // The last holder may have removed the file in between: then this lock is on nothing.
      if let held = FileInformation(descriptor: descriptor),
        held.stat.inode == FileInformation(path: path)?.stat.inode
      {
        self.descriptor = descriptor
        return
      }
      close(descriptor)
    }
  }

  /// Replaces what the file says.
  func write(_ text: String) throws(WorktreeError) {
    let bytes = Array(text.utf8)
    let isWritten =
      ftruncate(descriptor, 0) == 0
      && bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) } == bytes.count
    guard isWritten else { throw .file(path: "a lock file", operation: "write", number: errno) }
  }

  deinit { close(descriptor) }
}
