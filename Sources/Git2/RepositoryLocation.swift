#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Where a repository's shared files are, found by reading files, without starting libgit2.
///
/// For commands that only look, and for which opening the repository would be most of their time.
/// Whatever is out of the ordinary (another owner, another file system, references that are not files)
/// is no answer, and libgit2 is to be asked.
public struct RepositoryLocation: Sendable, Hashable {
  /// The longest chain of symbolic references that is followed.
  static let maximumDepth = 5
  /// The largest file of packed references that is searched, in bytes.
  static let maximumPackedBytes = 64 << 20

  /// The folder shared by all worktrees: objects, references, configuration.
  public let commonDirectory: String

  /// Searches upwards from a folder, as git does; nil if nothing plain is found.
  public init?(near path: String) {
    guard let start = Self.resolved(path), let device = Self.information(start)?.st_dev else {
      return nil
    }
    var folder = start
    while let status = Self.information(folder), status.st_dev == device {
      if let git = Self.gitDirectory(in: folder) {
        guard let common = Self.commonDirectory(of: git),
          [folder, git, common].allSatisfy(Self.isOwn)
        else { return nil }
        commonDirectory = common
        return
      }
      guard folder != "/", let slash = folder.lastIndex(of: "/") else { return nil }
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
    }
    return nil
  }

  /// The object of a reference that is shared by all worktrees, symbolic ones followed.
  ///
  /// Nil if it does not exist, or is stored in another way than in a file of its own or `packed-refs`.
  public func reference(_ name: String) -> ObjectID? {
    var name = name
    for _ in 0..<Self.maximumDepth {
      guard let bytes = DurableFile.read("\(commonDirectory)/\(name)", limit: 4096) else {
        return packedReference(name)
      }
      let text = String(decoding: bytes, as: UTF8.self)
      guard text.hasPrefix("ref: ") else { return ObjectID(hex: text.prefix { $0 != "\n" }) }
      name = String(text.dropFirst(5).prefix { $0 != "\n" })
      guard name.hasPrefix("refs/"), !name.contains("..") else { return nil }
    }
    return nil
  }

  private func packedReference(_ name: String) -> ObjectID? {
    guard
      let bytes = DurableFile.read(
        commonDirectory + "/packed-refs", limit: Self.maximumPackedBytes)
    else { return nil }
    let digits = 2 * ObjectID.byteCount
    let wanted = Array(" \(name)\n".utf8)
    return bytes.withUnsafeBytes { buffer -> ObjectID? in
      var start = 0
      while start < buffer.count {
        let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
        let length = rest.firstIndex(of: 0x0A) ?? rest.count
        if length + 1 == digits + wanted.count,
          rest[digits..<min(length + 1, rest.count)].elementsEqual(wanted)
        {
          return ObjectID(hex: String(decoding: rest[..<digits], as: UTF8.self))
        }
        start += length + 1
      }
      return nil
    }
  }
}

extension RepositoryLocation {
  private static func gitDirectory(in folder: String) -> String? {
    let git = folder == "/" ? "/.git" : folder + "/.git"
    if let status = information(git) {
      switch status.st_mode & S_IFMT {
      case S_IFDIR: if isRepository(git) { return git }
      case S_IFREG: return pointer(in: git, after: "gitdir: ").flatMap { resolved($0, in: folder) }
      default: break
      }
    }
    return isRepository(folder) ? folder : nil
  }

  private static func commonDirectory(of git: String) -> String? {
    guard let target = pointer(in: git + "/commondir", after: "") else {
      return isRepository(git) ? git : nil
    }
    guard let common = resolved(target, in: git) else { return nil }
    return isRepository(common) ? common : nil
  }

  private static func isRepository(_ folder: String) -> Bool {
    ["HEAD", "objects", "refs"].allSatisfy { access("\(folder)/\($0)", F_OK) == 0 }
  }

  /// git refuses the repositories of other users; so does libgit2, with exceptions that it knows.
  private static func isOwn(_ path: String) -> Bool { information(path)?.st_uid == geteuid() }

  private static func pointer(in file: String, after prefix: String) -> String? {
    guard let bytes = DurableFile.read(file, limit: 8192) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix(prefix) else { return nil }
    let path = text.dropFirst(prefix.count).prefix { $0 != "\n" && $0 != "\r\n" }
    return path.isEmpty ? nil : String(path)
  }

  private static func resolved(_ path: String, in folder: String = ".") -> String? {
    let full = path.hasPrefix("/") || folder == "." ? path : "\(folder)/\(path)"
    guard let found = realpath(full, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  private static func information(_ path: String) -> stat? {
    var information = stat()
    return stat(path, &information) == 0 ? information : nil
  }
}
