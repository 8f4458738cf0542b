internal import Folders
internal import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The files of a git directory that git obeys: looked at, and put back as they were.
///
/// Their content is kept as objects of the repository, named by what they hold: what is put back is what was there.
struct ObeyedFiles {
  /// The largest file whose content is kept, in bytes.
  static let maximumBytes = 1 << 20

  /// The git directory.
  let directory: String

  /// Each file's mode and the id of its content, which is kept; of one that is too large, only what it looks like.
  func look(keepingIn repository: borrowing Repository) throws -> [String: String] {
    var result: [String: String] = [:]
    for path in hooks + RepositoryPicture.obeyedFiles {
      guard let (mode, bytes) = content(of: path) else {
        if let stamp = stamp(of: path) { result[path] = "large \(stamp)" }
        continue
      }
      let id = try Repository.id(of: bytes, .blob)
      if !repository.contains(id) { try repository.write(bytes, .blob) }
      result[path] = "\(String(mode, radix: 8)) \(id.hex)"
    }
    return result
  }

  /// Puts a file back as `was` says, nil for none, and what stands there into `folder`; false if it cannot be.
  func restore(
    _ path: String, _ was: String?, aside folder: String, from repository: borrowing Repository
  ) -> Bool {
    var kept: (mode: mode_t, bytes: [UInt8])?
    if let was {
      let words = was.split(separator: " ")
      guard words.count == 2, let mode = mode_t(words[0], radix: 8),
        let id = ObjectID(hex: String(words[1])),
        let bytes = try? repository.bytes(of: id, .blob)
      else { return false }
      kept = (mode, Array(bytes))
    }
    let file = "\(directory)/\(path)"
    let name = path.split(separator: "/").joined(separator: "-")
    mkdir(folder, 0o700)
    if rename(file, "\(folder)/\(name)") != 0, errno != ENOENT { return false }
    guard let kept else { return true }
    let parts = file.split(separator: "/", omittingEmptySubsequences: false)
    mkdir(parts.dropLast().joined(separator: "/"), 0o777)
    if kept.mode & S_IFMT == S_IFLNK {
      return symlink(String(decoding: kept.bytes, as: UTF8.self), file) == 0
    }
    guard let stream = fopen(file, "wxe") else { return false }
    let count = fwrite(kept.bytes, 1, kept.bytes.count, stream)
    return fclose(stream) == 0 && count == kept.bytes.count && chmod(file, kept.mode & 0o777) == 0
  }

  /// When a file's content, name or mode was last changed, in milliseconds since 1970; nil if there is none.
  ///
  /// Unlike the time of its content, nobody can set this one.
  func changedAt(_ path: String) -> Int? {
    var information = stat()
    guard lstat("\(directory)/\(path)", &information) == 0 else { return nil }
    #if canImport(Glibc)
      let time = information.st_ctim
    #else
      let time = information.st_ctimespec
    #endif
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  private var hooks: [String] {
    Folder.names(in: directory + "/hooks").filter { !$0.hasSuffix(".sample") }.map { "hooks/\($0)" }
  }

  /// Mode and bytes of a plain file or a link; nil for anything else and for what is too large.
  private func content(of path: String) -> (mode: mode_t, bytes: [UInt8])? {
    let file = "\(directory)/\(path)"
    var information = stat()
    guard lstat(file, &information) == 0, information.st_size <= Self.maximumBytes else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: Int(information.st_size) + 1)
    switch information.st_mode & S_IFMT {
    case S_IFLNK:
      var target = [CChar](repeating: 0, count: bytes.count)
      let count = readlink(file, &target, target.count)
      guard count >= 0 else { return nil }
      return (information.st_mode, target.prefix(count).map { UInt8(bitPattern: $0) })
    case S_IFREG:
      guard let stream = fopen(file, "re") else { return nil }
      defer { fclose(stream) }
      let count = fread(&bytes, 1, bytes.count, stream)
      return (information.st_mode, Array(bytes.prefix(count)))
    default: return nil
    }
  }

  /// Size and time of what cannot be read as a file; nil if there is nothing.
  private func stamp(of path: String) -> String? {
    var information = stat()
    guard lstat("\(directory)/\(path)", &information) == 0 else { return nil }
    return "\(information.st_mode)-\(information.st_size)-\(changedAt(path) ?? 0)"
  }
}
