internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An exclusive lock on a file; the kernel gives it up when this process ends, however it ends.
public struct FileLock: ~Copyable {
  private let descriptor: Int32

  /// Waits for the lock, making the file if needed; throws `StateError.file`.
  public init(path: String) throws(StateError) {
    let descriptor = try Self.open(path)
    let status = orch_flock_exclusive(descriptor, true)
    guard status == 0 else {
      close(descriptor)
      throw .file(path: path, operation: "lock", number: status)
    }
    self.descriptor = descriptor
  }

  /// Takes the lock if it is free; nil if another process holds it.
  public init?(tryingPath path: String) throws(StateError) {
    let descriptor = try Self.open(path)
    let status = orch_flock_exclusive(descriptor, false)
    guard status == 0 else {
      close(descriptor)
      if status == EWOULDBLOCK { return nil }
      throw .file(path: path, operation: "lock", number: status)
    }
    self.descriptor = descriptor
  }

  /// Replaces the file's text, for others to read who holds it.
  public borrowing func describeHolder(_ text: String) {
    ftruncate(descriptor, 0)
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  /// Gives the lock up; naming the end keeps the lock alive until there.
  public consuming func release() {}

  deinit { close(descriptor) }

  private static func open(_ path: String) throws(StateError) -> Int32 {
    let descriptor = orch_open(path, O_RDWR | O_CREAT, 0o666)
    guard descriptor >= 0 else {
      throw .file(path: path, operation: "open", number: -descriptor)
    }
    return descriptor
  }
}
