#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Reads one configuration file as text.
enum SettingsFile {
  /// The file's text without a byte order mark; nil if there is no such file.
  ///
  /// Never waits: a pipe in the file's place is refused. So is a link that leads nowhere.
  static func text(at path: String, shownAs name: String) throws(SettingsProblem) -> String? {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let code = errno
      var link = stat()
      if code == ENOENT, lstat(path, &link) == 0 {
        throw problem(.unreadable(detail: "it is a link that leads nowhere"), name)
      }
      if code == ENOENT || code == ENOTDIR { return nil }
      throw problem(.unreadable(detail: String(cString: strerror(code))), name)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw problem(.unreadable(detail: String(cString: strerror(errno))), name)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG, S_IFCHR: break
    case S_IFDIR: throw problem(.unreadable(detail: "it is a directory"), name)
    default: throw problem(.unreadable(detail: "it is not a file"), name)
    }
    var bytes = try content(of: descriptor, name)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SettingsProblem(reason: .notUTF8, file: name, line: firstInvalidLine(bytes))
    }
    return text
  }

  private static func content(of descriptor: Int32, _ name: String) throws(SettingsProblem)
    -> [UInt8]
  {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count <= Limits.fileBytes {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw problem(.unreadable(detail: String(cString: strerror(errno))), name)
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
    }
    throw problem(.tooLarge(limit: Limits.fileBytes), name)
  }

  private static func problem(_ reason: SettingsProblem.Reason, _ name: String) -> SettingsProblem {
    SettingsProblem(reason: reason, file: name, line: nil)
  }

  /// The line of the first byte that is not UTF-8.
  private static func firstInvalidLine(_ bytes: [UInt8]) -> Int {
    var line = 1
    for part in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if String(validating: part, as: UTF8.self) == nil { return line }
      line += 1
    }
    return line
  }
}

extension SettingsProblem: Error {}
