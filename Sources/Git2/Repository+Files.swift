internal import CGit2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Why a blob could not be put into a file.
public enum BlobFileError: Error, Sendable, Hashable {
  /// It could not be read.
  case reading(GitError)
  /// It could not be written; the number is errno.
  case writing(Int32)
}

extension Repository {
  /// Writes a blob's bytes into an open file as they are, without filters; returns their number.
  public func copyBlob(_ id: ObjectID, to descriptor: Int32) throws(BlobFileError) -> Int {
    var oid = id.oid
    let database = database.pointer
    let object: Handle<RawObjectKind>
    do {
      object = try Handle<RawObjectKind>("read blob \(id)") { git_odb_read($0, database, &oid) }
    } catch {
      throw .reading(error)
    }
    guard git_odb_object_type(object.pointer) == GIT_OBJECT_BLOB else {
      throw .reading(
        GitError(code: .other(-1), operation: "read blob \(id)", message: "it is no blob"))
    }
    let count = git_odb_object_size(object.pointer)
    let start = git_odb_object_data(object.pointer)
    var position = 0
    while position < count {
      let written = systemWrite(descriptor, start.map { $0 + position }, count - position)
      if written < 0 {
        if errno == EINTR { continue }
        throw .writing(errno)
      }
      position += written
    }
    object.end()
    return count
  }

  /// Stores what an open file holds as a blob without filters, in pieces, for what is too large for memory.
  ///
  /// Of a file that has grown since, it is the first `size` bytes; throws `GitError` if it holds fewer.
  public func writeBlob(from descriptor: Int32, size: Int) throws(GitError) -> ObjectID {
    var stream: UnsafeMutablePointer<git_odb_stream>?
    try check(
      git_odb_open_wstream(
        &stream, database.pointer, git_object_size_t(size), GIT_OBJECT_BLOB), "store a file")
    defer { git_odb_stream_free(stream) }
    try Self.read(descriptor, size) { part throws(GitError) in
      let status = part.withMemoryRebound(to: CChar.self) {
        git_odb_stream_write(stream, $0.baseAddress, $0.count)
      }
      try check(status, "store a file")
    }
    var id = git_oid()
    try check(git_odb_stream_finalize_write(&id, stream), "store a file")
    return ObjectID(id)
  }

  /// The id that a blob of the first `size` bytes of an open file has, read in pieces and not stored.
  ///
  /// For comparing: of a file that holds fewer it is an id that no such file has.
  public static func id(ofFile descriptor: Int32, size: Int) throws(GitError) -> ObjectID {
    var hash = SHA1()
    hash.add("\(ObjectKind.blob.name) \(size)\0".utf8)
    try read(descriptor, size) { part in hash.add(part) }
    return hash.digest().withUnsafeBytes { ObjectID(buffer: $0) } ?? .zero
  }

  /// Reads the first `size` bytes of an open file, or all if it has fewer, in pieces.
  private static func read(
    _ descriptor: Int32, _ size: Int,
    _ take: (UnsafeBufferPointer<UInt8>) throws(GitError) -> Void
  ) throws(GitError) {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 20)
    defer { buffer.deallocate() }
    var left = size
    while left > 0 {
      let count = systemRead(descriptor, buffer.baseAddress, min(buffer.count, left))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw GitError(code: .other(-1), operation: "read a file", message: "errno \(errno)")
      }
      if count == 0 { break }
      left -= count
      try take(UnsafeBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// The commit that the repository in exactly this folder is on; nil if there is none, or it has no commit.
  public static func headCommit(ofRepositoryIn folder: String) -> ObjectID? {
    guard (try? Library.start()) != nil,
      let handle = try? Handle<RepositoryKind>(
        "open '\(folder)'",
        {
          git_repository_open_ext($0, folder, UInt32(GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue), nil)
        })
    else { return nil }
    var id = git_oid()
    let status = git_reference_name_to_id(&id, handle.pointer, "HEAD")
    handle.end()
    guard status == 0 else {
      git_error_clear()
      return nil
    }
    return ObjectID(id)
  }

  /// True if there is a repository in exactly this folder.
  public static func isRepository(_ folder: String) -> Bool {
    guard (try? Library.start()) != nil else { return false }
    let status = git_repository_open_ext(
      nil, folder, UInt32(GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue), nil)
    git_error_clear()
    return status == 0
  }

  /// The value of a key that is a path, with `~` replaced; nil if it is not set.
  public func configurationPath(_ name: String) throws(GitError) -> String? {
    let raw = raw
    let configuration = try Handle<ConfigurationKind>("read the configuration") {
      git_repository_config_snapshot($0, raw)
    }
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    let status = git_config_get_path(&buffer, configuration.pointer, name)
    guard try checkFound(status, "read '\(name)' from the configuration") else { return nil }
    return buffer.ptr.map { String(cString: $0) }
  }

  /// The value of a key that is true or false, in any of git's spellings; nil if it is not set.
  public func configurationFlag(_ name: String) throws(GitError) -> Bool? {
    guard let text = try configurationText(name) else { return nil }
    var value: Int32 = 0
    let status = git_config_parse_bool(&value, text)
    if status < 0 { git_error_clear() }
    return status == 0 ? value != 0 : nil
  }
}

extension Library {
  /// The first folder in which libgit2 looks for the files of a level, such as `~/.config/git`.
  public static func searchPath(for level: ConfigurationLevel) -> String? {
    guard (try? start()) != nil else { return nil }
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    guard orch_git2_get_search_path(number(of: level), &buffer) == 0, let text = buffer.ptr else {
      return nil
    }
    return String(cString: text).split(separator: ":").first.map(String.init)
  }

  /// libgit2's number of a level.
  static func number(of level: ConfigurationLevel) -> Int32 {
    switch level {
    case .system: GIT_CONFIG_LEVEL_SYSTEM.rawValue
    case .xdg: GIT_CONFIG_LEVEL_XDG.rawValue
    case .global: GIT_CONFIG_LEVEL_GLOBAL.rawValue
    }
  }
}
