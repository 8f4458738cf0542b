internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A small file of orch's own that is read and written as a whole.
struct ExchangedFile: Sendable {
  /// The file.
  let path: String
  /// A longer file is not one of ours, in bytes.
  let maximumBytes: Int
  /// True for one that only its user may read: what others could have read or written is not believed.
  var isPrivate = false

  /// What is there; nil if there is nothing, or it is none of ours.
  func read() -> [UInt8]? {
    let flags = O_RDONLY | O_CLOEXEC | (isPrivate ? O_NOFOLLOW : 0)
    let descriptor = orch_open(path, flags, 0)
    guard descriptor >= 0 else { return nil }
    guard let file = fdopen(descriptor, "r") else {
      close(descriptor)
      return nil
    }
    defer { fclose(file) }
    guard !isPrivate || isOwn(descriptor) else { return nil }
    var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    return count > maximumBytes ? nil : Array(bytes[..<count])
  }

  private func isOwn(_ descriptor: Int32) -> Bool {
    var information = stat()
    return fstat(descriptor, &information) == 0 && information.st_uid == geteuid()
      && information.st_mode & 0o077 == 0
  }

  /// Writes beside it and moves: who reads, and a process that is killed, find the old one or the new one.
  ///
  /// What cannot be written is left as it was: nothing that is kept so is missed.
  func write(_ bytes: [UInt8]) {
    let next = "\(path).\(getpid())"
    unlink(next)
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
    let descriptor = orch_open(next, flags, isPrivate ? 0o600 : 0o666)
    guard descriptor >= 0 else { return }
    guard let file = fdopen(descriptor, "w") else {
      close(descriptor)
      return
    }
    let count = fwrite(bytes, 1, bytes.count, file)
    if fclose(file) != 0 || count != bytes.count || rename(next, path) != 0 { unlink(next) }
  }
}
