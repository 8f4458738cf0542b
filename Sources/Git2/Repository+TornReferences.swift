internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Files in the place of references that hold none, as a power cut leaves them where a file's name reaches the disk
/// before its bytes. libgit2 passes over them where it lists references, and fails where it reads one, as git does.
extension Repository {
  /// As many bytes of a reference's file say what it is; git writes 41, or a name.
  private static let maximumReferenceBytes = 4096

  /// True if a reference has a file of its own that begins neither with an object's name nor with another reference's.
  public func isTorn(_ name: String) -> Bool {
    guard Self.isValidReferenceName(name), Self.isFile("\(commonDirectory)/\(name)"),
      let bytes = DurableFile.beginning(
        of: "\(commonDirectory)/\(name)", count: Self.maximumReferenceBytes)
    else { return false }
    let text = String(decoding: bytes, as: UTF8.self)
    return !text.hasPrefix("ref:") && ObjectID(hex: String(text.prefix(40))) == nil
  }

  private static func isFile(_ path: String) -> Bool {
    var information = stat()
    return lstat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
  }

  /// What `packed-refs` says of a reference, whatever is in its own file; nil if nothing.
  public func packedValue(of name: String) -> ObjectID? {
    guard let bytes = DurableFile.read("\(commonDirectory)/packed-refs") else { return nil }
    let ending = " " + name
    let line = bytes.split(separator: 0x0A).first {
      String(decoding: $0, as: UTF8.self).hasSuffix(ending)
    }
    return line.flatMap { ObjectID(hex: String(decoding: $0.prefix(40), as: UTF8.self)) }
  }

  /// Puts an object, or nothing, in the place of a torn reference, under the lock that git and libgit2 take; the file
  /// as it was is kept as `kept`.
  ///
  /// At each moment either stands there. Returns false if the reference is whole by now. Throws `GitError`.
  public func replaceTorn(
    _ name: String, with id: ObjectID?, keepingAs kept: String
  ) throws(GitError) -> Bool {
    let path = "\(commonDirectory)/\(name)"
    let lock = path + ".lock"
    let failed = { (step: String, number: Int32) in
      GitError(
        code: number == EEXIST ? .locked : .other(-1), operation: "mend reference '\(name)'",
        message: "\(step): \(String(cString: strerror(number)))")
    }
    // A process that was killed here, or in libgit2, has left its lock.
    _ = waitForLock(of: name)
    let descriptor = orch_open(lock, O_CREAT | O_EXCL | O_WRONLY, 0o666)
    guard descriptor >= 0 else { throw failed("lock it", -descriptor) }
    var isOpen = true
    var isLocked = true
    defer {
      if isOpen { close(descriptor) }
      if isLocked { unlink(lock) }
    }
    guard isTorn(name) else { return false }
    // Where that cannot be done, what is lost is a file without content.
    _ = link(path, kept)
    errno = 0
    if let id {
      let line = Array((id.hex + "\n").utf8)
      guard systemWrite(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
        throw failed("write it", errno)
      }
      close(descriptor)
      isOpen = false
      guard rename(lock, path) == 0 else { throw failed("put it into its place", errno) }
      isLocked = false
    } else if unlink(path) != 0 {
      throw failed("remove it", errno)
    }
    // Some file systems sync no folders; a power cut now would bring the torn file back, to be mended again.
    try? DurableFile.syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    return true
  }
}
