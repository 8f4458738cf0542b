internal import CPlatform
internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Small files of a run directory: read whole, replaced whole.
enum RunFile {
  /// The largest file that is read, in bytes.
  static let maximumBytes = 4 << 20

  static func read(_ path: String, following: Bool = true) -> [UInt8]? {
    let descriptor = orch_open(path, O_RDONLY | O_NONBLOCK | (following ? 0 : O_NOFOLLOW), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      information.st_size <= maximumBytes
    else { return nil }
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while result.count <= maximumBytes {
      let count = systemRead(descriptor, &buffer)
      if count == 0 { return result }
      guard count > 0 else { return nil }
      result.append(contentsOf: buffer[..<count])
    }
    return nil
  }

  /// Reads a file of /proc, which has no size.
  static func readSpecial(_ path: String) -> [UInt8]? {
    let descriptor = orch_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while result.count < maximumBytes {
      let count = systemRead(descriptor, &buffer)
      guard count > 0 else { break }
      result.append(contentsOf: buffer[..<count])
    }
    return result.isEmpty ? nil : result
  }

  static func json(_ path: String) -> JSONValue? {
    read(path).flatMap { try? JSONValue(parsing: $0) }
  }

  /// Replaces a file by rename; with `durable`, it survives a power cut once this returns true.
  ///
  /// Every call has a temporary file of its own: several processes may replace one file.
  @discardableResult
  static func replace(_ path: String, _ bytes: [UInt8], durable: Bool) -> Bool {
    var template = Array("\(path).XXXXXX".utf8CString)
    let descriptor = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map(orch_open_temporary) ?? -1
    }
    guard descriptor >= 0 else { return false }
    let isWritten = append(bytes, to: descriptor)
    let isSynced = !durable || orch_sync_data(descriptor) == 0
    close(descriptor)
    guard isWritten, isSynced, rename(&template, path) == 0 else {
      let number = errno
      unlink(&template)
      errno = number
      return false
    }
    return !durable || syncFolder(of: path)
  }

  /// Makes a rename in a folder durable.
  private static func syncFolder(of path: String) -> Bool {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    let descriptor = orch_open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return fsync(descriptor) == 0
  }

  static func append(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Bool {
    let content = Array(bytes)
    var position = 0
    while position < content.count {
      let count = content.withUnsafeBytes { buffer in
        write(descriptor, buffer.baseAddress.map { $0 + position }, buffer.count - position)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      position += count
    }
    return true
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func isFolder(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
  }

  static func makeFolders(_ path: String) -> Bool {
    var partial = ""
    for part in path.split(separator: "/") {
      partial += "/" + part
      if mkdir(partial, 0o700) != 0, errno != EEXIST { return false }
    }
    return true
  }
}

/// read(2) into an array, begun again when a signal broke it off.
func systemRead(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
  while true {
    let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count >= 0 || errno != EINTR { return count }
  }
}

/// Milliseconds since 1970.
func wallMilliseconds() -> Int {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}
