internal import CPlatform
internal import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Small files and folders of this module.
enum FileText {
  /// The largest file that is read, in bytes.
  static let maximumBytes = 1 << 20

  /// A worker may have put a pipe in a file's place: to open one waits for whoever writes to it.
  private static let reading = O_RDONLY | O_NONBLOCK

  /// The text of a small file; nil if it is none, or cannot be read.
  static func read(_ path: String) -> String? {
    let descriptor = orch_open(path, reading, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard FileInformation(descriptor: descriptor)?.kind == .file else { return nil }
    var buffer = [UInt8](repeating: 0, count: maximumBytes)
    let count = systemRead(descriptor, &buffer)
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// The bytes of a small file; nil if it cannot be read or is larger than `maximumBytes`.
  static func bytes(_ path: String, in folder: Int32? = nil) -> [UInt8]? {
    let descriptor = orch_open_at(
      folder ?? AT_FDCWD, path, folder == nil ? reading : reading | O_NOFOLLOW, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let information = FileInformation(descriptor: descriptor),
      information.kind == .file, information.size <= maximumBytes
    else { return nil }
    return readAll(descriptor, expecting: information.size)
  }

  /// What an open file of a size holds; nil if reading fails.
  ///
  /// A file that has grown since is read up to its size or `maximumBytes`, whatever is more: somebody may write
  /// to it as fast as it is read.
  static func readAll(_ descriptor: Int32, expecting size: Int) -> [UInt8]? {
    let limit = max(size, maximumBytes)
    var buffer = [UInt8](repeating: 0, count: size + 1)
    var count = 0
    while count < limit {
      if count == buffer.count {
        buffer += [UInt8](repeating: 0, count: min(count, limit - count))
      }
      let got = buffer.withUnsafeMutableBytes { bytes in
        systemRead(
          descriptor, bytes.baseAddress.map { $0 + count }, min(bytes.count, limit) - count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { return nil }
      if got == 0 { break }
      count += got
    }
    buffer.removeLast(buffer.count - count)
    return buffer
  }

  /// The names in a folder, but for dots; none if it cannot be read.
  static func names(in folder: String) -> [String] {
    entryNames(Array(folder.utf8).map { CChar(bitPattern: $0) } + [0]).map {
      String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  static func append(_ text: String, to path: String) throws(WorktreeError) {
    let descriptor = orch_open(path, O_WRONLY | O_APPEND | O_CREAT, 0o644)
    guard descriptor >= 0 else {
      throw .file(path: path, operation: "open", number: -descriptor)
    }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard
      bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count
    else { throw .file(path: path, operation: "write", number: errno) }
  }

  /// Puts a text in the place of a file, whole or not at all.
  static func replace(_ path: String, with text: String) throws(WorktreeError) {
    try replace(path, with: Array(text.utf8))
  }

  /// Puts bytes in the place of a file, whole or not at all.
  static func replace(_ path: String, with bytes: [UInt8]) throws(WorktreeError) {
    let temporary = path + ".new"
    let descriptor = orch_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    guard descriptor >= 0 else {
      throw .file(path: path, operation: "create", number: -descriptor)
    }
    let isWritten =
      bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count
    let number = errno
    close(descriptor)
    guard isWritten else { throw .file(path: path, operation: "write", number: number) }
    guard rename(temporary, path) == 0 else {
      throw .file(path: path, operation: "rename", number: errno)
    }
  }

  /// Removes a file, if it is there.
  static func remove(_ path: String) throws(WorktreeError) {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw .file(path: path, operation: "remove", number: errno)
    }
  }

  static func makeFolder(_ path: String) throws(WorktreeError) {
    guard mkdir(path, 0o777) != 0, errno != EEXIST else { return }
    throw .file(path: path, operation: "create", number: errno)
  }
}

/// A path with links and dots resolved; the path itself if it does not exist.
func realPath(_ path: String) -> String {
  guard let resolved = realpath(path, nil) else { return path }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// True for a folder without entries.
func isEmptyFolder(_ path: String) -> Bool {
  guard let folder = opendir(path) else { return false }
  defer { closedir(folder) }
  while let entry = readdir(folder) {
    let name = entryName(entry)
    if name != [0x2E] && name != [0x2E, 0x2E] { return false }
  }
  return true
}

/// Removes a folder and everything below it; links are removed, not followed.
func removeTree(_ path: String) throws(WorktreeError) {
  try removeTree(Array(path.utf8).map { CChar(bitPattern: $0) } + [0])
}

/// Removes a folder or file of any name and everything below it.
func removeTree(_ path: [UInt8]) throws(WorktreeError) {
  try removeTree(path.map { CChar(bitPattern: $0) } + [0])
}

private func removeTree(_ path: [CChar]) throws(WorktreeError) {
  var information = stat()
  guard lstat(path, &information) == 0 else { return }
  if information.st_mode & S_IFMT == S_IFDIR {
    chmod(path, information.st_mode | S_IRWXU)
    for name in entryNames(path) {
      try removeTree(path.dropLast() + [0x2F] + name + [0])
    }
    guard rmdir(path) == 0 || errno == ENOENT else { throw failure(path, "remove") }
  } else {
    guard unlink(path) == 0 || errno == ENOENT else { throw failure(path, "remove") }
  }
}

private func failure(_ path: [CChar], _ operation: String) -> WorktreeError {
  let number = errno
  let text = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return .file(path: text, operation: operation, number: number)
}

private func entryNames(_ path: [CChar]) -> [[CChar]] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names: [[CChar]] = []
  while let entry = readdir(folder) {
    let name = entryName(entry)
    if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
  }
  return names
}

private func entryName(_ entry: UnsafeMutablePointer<dirent>) -> [CChar] {
  withUnsafePointer(to: &entry.pointee.d_name) { tuple in
    let capacity = MemoryLayout.size(ofValue: tuple.pointee)
    return tuple.withMemoryRebound(to: CChar.self, capacity: capacity) { start in
      Array(UnsafeBufferPointer(start: start, count: strlen(start)))
    }
  }
}

private func systemRead(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
  buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
}

private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int
{
  read(descriptor, bytes, count)
}
