internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension IndexFile {
  /// Puts this index in the place of the one at `path`, under the lock that git uses.
  ///
  /// A lock that is held is waited for a few seconds; one that a killed process left is removed. Throws
  /// `IndexError.locked` if it stays. A reader sees the old file or the new.
  public func write(to path: String) throws(IndexError) {
    let lock = path + ".lock"
    let deadline = Self.lockDeadline
    var descriptor = orch_open(lock, O_WRONLY | O_CREAT | O_EXCL, 0o666)
    while descriptor == -EEXIST, orch_monotonic_ms() < deadline {
      if !Repository.removeIfAbandoned(lock) { DurableFile.pause(milliseconds: 10) }
      descriptor = orch_open(lock, O_WRONLY | O_CREAT | O_EXCL, 0o666)
    }
    guard descriptor >= 0 else {
      if descriptor == -EEXIST { throw .locked(path: lock) }
      throw .file(path: lock, operation: "create", number: -descriptor)
    }
    let number = Self.write(encoded(), to: descriptor)
    close(descriptor)
    guard number == 0 else {
      unlink(lock)
      throw .file(path: lock, operation: "write", number: number)
    }
    guard rename(lock, path) == 0 else {
      let number = errno
      unlink(lock)
      throw .file(path: path, operation: "rename", number: number)
    }
  }

  /// When a lock is waited for no longer, in milliseconds of the monotonic clock.
  private static var lockDeadline: Int64 {
    orch_monotonic_ms() + Int64(Repository.staleLockSeconds + 2) * 1000
  }

  /// Waits until nobody holds the lock of an index, as `write` does.
  ///
  /// It is for those who write files before the index that belongs to them. Throws `IndexError.locked`.
  public static func waitForLock(of path: String) throws(IndexError) {
    let lock = path + ".lock"
    let deadline = lockDeadline
    while access(lock, F_OK) == 0 {
      if Repository.removeIfAbandoned(lock) { return }
      guard orch_monotonic_ms() < deadline else { throw .locked(path: lock) }
      DurableFile.pause(milliseconds: 10)
    }
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var position = 0
      while position < buffer.count {
        let count = systemWrite(
          descriptor, buffer.baseAddress.map { $0 + position }, buffer.count - position)
        if count < 0, errno != EINTR { return errno }
        position += max(0, count)
      }
      return 0
    }
  }

  /// The file's bytes.
  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(paths.count + entries.count * 72 + 1024)
    bytes.append(contentsOf: "DIRC".utf8)
    let isExtended = entries.contains { !$0.flags.isDisjoint(with: [.skipWorktree, .intentToAdd]) }
    PackWriter.append(isExtended ? 3 : 2, to: &bytes)
    PackWriter.append(UInt32(entries.count), to: &bytes)
    for entry in entries { append(entry, to: &bytes) }
    if let cachedTree {
      var part: [UInt8] = []
      cachedTree.append(to: &part)
      bytes.append(contentsOf: "TREE".utf8)
      PackWriter.append(UInt32(part.count), to: &bytes)
      bytes.append(contentsOf: part)
    }
    bytes.append(contentsOf: SHA1.digest(bytes))
    return bytes
  }

  private func append(_ entry: Entry, to bytes: inout [UInt8]) {
    let first = bytes.count
    let stat = entry.stat
    for number in [
      stat.changeSeconds, stat.changeNanoseconds, stat.modificationSeconds,
      stat.modificationNanoseconds, stat.device, stat.inode, entry.mode, stat.user, stat.group,
      stat.size,
    ] {
      PackWriter.append(number, to: &bytes)
    }
    entry.id.append(to: &bytes)
    let isExtended = !entry.flags.isDisjoint(with: [.skipWorktree, .intentToAdd])
    var bits = UInt16(min(entry.count, 0xFFF)) | UInt16(entry.stage) << 12
    if entry.flags.contains(.assumeUnchanged) { bits |= 0x8000 }
    if isExtended { bits |= 0x4000 }
    withUnsafeBytes(of: bits.bigEndian) { bytes.append(contentsOf: $0) }
    if isExtended {
      var more: UInt16 = entry.flags.contains(.skipWorktree) ? 0x4000 : 0
      if entry.flags.contains(.intentToAdd) { more |= 0x2000 }
      withUnsafeBytes(of: more.bigEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.append(contentsOf: paths[entry.start..<entry.start + entry.count])
    let padding = 8 - (bytes.count - first) % 8
    bytes.append(contentsOf: repeatElement(0, count: padding))
  }
}

extension CachedTree {
  fileprivate func append(to bytes: inout [UInt8]) {
    bytes.append(contentsOf: name)
    bytes.append(0)
    bytes.append(contentsOf: "\(id == nil ? -1 : entryCount) \(children.count)\n".utf8)
    if let id { id.append(to: &bytes) }
    for child in children { child.append(to: &bytes) }
  }
}
