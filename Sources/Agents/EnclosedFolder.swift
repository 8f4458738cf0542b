internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A folder that a worker writes to, written to by orch: no link that the worker left there is followed.
///
/// Every folder on the way is opened below the one before it, without following links; what stands in the
/// place of a folder or a file is put aside first if it is something else.
public struct EnclosedFolder: Sendable, Hashable {
  /// What the name of something that was in the way gets.
  static let asideSuffix = ".put-aside"

  /// The folder's path, of which no part may be in a worker's reach.
  public let path: String

  /// The folder at an absolute path, which need not exist.
  public init(path: String) { self.path = path }

  /// Makes the folder for this user alone; throws `AgentError.file`.
  public func make() throws(AgentError) {
    guard RunFile.makeFolders(path), chmod(path, 0o700) == 0 else {
      throw .file(path: path, number: errno)
    }
  }

  /// Copies a file of the user's, if there is one, to `name`, which may have folders; throws `AgentError.file`.
  public func copy(_ source: String, to name: String) throws(AgentError) {
    guard RunFile.exists(source) else { return }
    guard let bytes = RunFile.read(source) else { throw .file(path: source, number: EIO) }
    try put(bytes, at: name)
  }

  /// Replaces the file at `name`, which may have folders, for this user alone; throws `AgentError.file`.
  public func put(_ bytes: [UInt8], at name: String) throws(AgentError) {
    var parts = name.split(separator: "/").map(String.init)
    guard let last = parts.popLast() else { throw .file(path: path, number: EINVAL) }
    var folder = orch_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    guard folder >= 0 else { throw .file(path: path, number: -folder) }
    defer { close(folder) }
    for part in parts {
      let next = try openFolder(part, in: folder)
      close(folder)
      folder = next
    }
    let temporary = last + ".new"
    try clear(temporary, in: folder)
    let file = orch_open_at(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw .file(path: "\(path)/\(name)", number: -file) }
    let isWritten = RunFile.append(bytes, to: file)
    close(file)
    guard isWritten else { throw .file(path: "\(path)/\(name)", number: errno) }
    if renameat(folder, temporary, folder, last) == 0 { return }
    try clear(last, in: folder)
    guard renameat(folder, temporary, folder, last) == 0 else {
      throw .file(path: "\(path)/\(name)", number: errno)
    }
  }

  /// Makes an empty folder or file at `name`, which may have folders, unless there is one; throws `AgentError.file`.
  public func makePlace(_ name: String, isFolder: Bool) throws(AgentError) {
    var parts = name.split(separator: "/").map(String.init)
    guard let last = parts.popLast() else { return }
    var folder = orch_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
    guard folder >= 0 else { throw .file(path: path, number: -folder) }
    defer { close(folder) }
    for part in parts + (isFolder ? [last] : []) {
      let next = try openFolder(part, in: folder)
      close(folder)
      folder = next
    }
    if isFolder { return }
    for _ in 0..<3 {
      let file = orch_open_at(folder, last, O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
      if file >= 0 {
        defer { close(file) }
        var information = stat()
        if fstat(file, &information) == 0, information.st_mode & S_IFMT == S_IFREG { return }
      }
      try clear(last, in: folder)
    }
    throw .file(path: "\(path)/\(name)", number: EEXIST)
  }

  /// Opens a folder below an open one, and makes it where it is missing or is something else.
  private func openFolder(_ name: String, in folder: Int32) throws(AgentError) -> Int32 {
    for _ in 0..<3 {
      let opened = orch_open_at(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
      if opened >= 0 { return opened }
      if opened != -ENOENT { try clear(name, in: folder) }
      if mkdirat(folder, name, 0o700) != 0, errno != EEXIST { break }
    }
    throw .file(path: "\(path)/…/\(name)", number: errno)
  }

  /// Removes what stands at a name: a folder is only put aside.
  private func clear(_ name: String, in folder: Int32) throws(AgentError) {
    if unlinkat(folder, name, 0) == 0 || errno == ENOENT { return }
    let aside = "\(name)\(Self.asideSuffix)-\(wallMilliseconds())"
    guard renameat(folder, name, folder, aside) == 0 else {
      throw .file(path: "\(path)/…/\(name)", number: errno)
    }
  }
}
