#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What `rm`, `trash` and `trash-put` are for a worker: files of its worktree are moved to the worktree's trash.
///
/// Files elsewhere are removed for real below the temporary folder, and refused everywhere else. It knows the flags of rm(1)
/// that people use; a missing file is an error unless `-f` is given. Names are bytes, whatever they spell.
struct WorkerTrash {
  /// A file's name or path, without the zero at its end.
  typealias Path = [UInt8]

  /// The name that it was called by.
  let name: String
  private var isForced = false
  private var isRecursive: Bool
  private var files: [Path] = []
  private var tree: Path = []
  private var temporary: Path?
  private var code: Int32 = 0

  /// Reads the words of a command.
  init(name: String, _ words: [Path]) {
    self.name = name
    isRecursive = name != "rm"
    var hasOptions = true
    for word in words {
      guard hasOptions, word.first == Self.dash, word.count > 1 else {
        files.append(word)
        continue
      }
      if word == [Self.dash, Self.dash] {
        hasOptions = false
      } else if word.starts(with: [Self.dash, Self.dash]) {
        if word == Path("--force".utf8) { isForced = true }
        if word == Path("--recursive".utf8) { isRecursive = true }
      } else {
        if word.contains(UInt8(ascii: "f")) { isForced = true }
        if word.contains(where: { $0 | 0x20 == UInt8(ascii: "r") }) { isRecursive = true }
      }
    }
  }

  private static let dash = UInt8(ascii: "-")
  private static let slash = UInt8(ascii: "/")

  /// Does it for a worktree; returns the exit code.
  mutating func run(worktree: String?, temporaryFolder: String?) -> Int32 {
    guard !files.isEmpty || isForced else { return complain("missing operand") }
    guard let worktree, let tree = Self.resolved(Path(worktree.utf8)) else {
      return complain("not in an orch worktree")
    }
    self.tree = tree
    temporary = Self.resolved(Path((temporaryFolder ?? "/tmp").utf8))
    for file in files { take(file) }
    return code
  }

  private mutating func take(_ file: Path) {
    let shown = String(decoding: file, as: UTF8.self)
    var information = stat()
    guard lstat(Self.words(file), &information) == 0 else {
      if !isForced { complain("cannot remove '\(shown)': no such file or directory") }
      return
    }
    let path = Path(file.prefix((file.lastIndex { $0 != Self.slash } ?? -1) + 1))
    let base = Path(path.suffix(while: { $0 != Self.slash }))
    guard !base.isEmpty, base != Path(".".utf8), base != Path("..".utf8) else {
      complain("refusing to remove '\(shown)'")
      return
    }
    let above = Path(path.dropLast(base.count))
    guard let folder = Self.resolved(above.isEmpty ? Path(".".utf8) : above) else {
      complain("cannot remove '\(shown)': \(Errno.text(errno))")
      return
    }
    if information.st_mode & S_IFMT == S_IFDIR, !isRecursive {
      complain("cannot remove '\(shown)': is a directory")
      return
    }
    put(away: folder == [Self.slash] ? folder + base : folder + [Self.slash] + base, shown)
  }

  private mutating func put(away path: Path, _ shown: String) {
    let git = tree + Path("/.git".utf8)
    let own = tree + Path("/.orchestrator".utf8)
    if path == tree || Self.isIn(git, path) {
      complain("refusing to remove '\(shown)'")
    } else if Self.isIn(own, path) {
      if !Self.remove(path) { complain("cannot remove '\(shown)': \(Errno.text(errno))") }
    } else if Self.isIn(tree, path) {
      if !trash(path) { complain("cannot move '\(shown)' to the trash: \(Errno.text(errno))") }
    } else if let temporary, path != temporary, Self.isIn(temporary, path) {
      if !Self.remove(path) { complain("cannot remove '\(shown)': \(Errno.text(errno))") }
    } else {
      complain("'\(shown)' is outside of your worktree; it stays")
    }
  }

  /// Moves a file into a folder of its own in the trash.
  private func trash(_ path: Path) -> Bool {
    var folder = tree
    for name in ["/.orchestrator", "/trash"] {
      folder += Path(name.utf8)
      if mkdir(Self.words(folder), 0o777) != 0, errno != EEXIST { return false }
    }
    var template = Self.words(folder + Path("/XXXXXXXX".utf8))
    guard mkdtemp(&template) != nil else { return false }
    let base = path.suffix(while: { $0 != Self.slash })
    let target = template.dropLast().map { UInt8(bitPattern: $0) } + [Self.slash] + base
    if rename(Self.words(path), Self.words(target)) == 0 { return true }
    // Within walls each folder that a worker has may be a file system of its own.
    return errno == EXDEV && Self.copy(path, to: target)
  }

  /// Moves a file to another file system, as mv(1) does; false with `errno` if it did not.
  private static func copy(_ path: Path, to target: Path) -> Bool {
    let arguments = [Path("mv".utf8), Path("--".utf8), path, target].map { strdup(words($0)) }
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    let number = posix_spawn(&process, "/bin/mv", nil, nil, arguments + [nil], nil)
    guard number == 0 else {
      errno = number
      return false
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) == -1, errno == EINTR {}
    if status != 0 { errno = EIO }
    return status == 0
  }

  @discardableResult
  private mutating func complain(_ text: String) -> Int32 {
    Output.say("\(name): \(text)")
    code = 1
    return code
  }

  /// True for a folder itself and all below it.
  private static func isIn(_ folder: Path, _ path: Path) -> Bool {
    path == folder || path.starts(with: folder + [slash])
  }

  /// Removes a file or a folder with all in it, no link followed; false with `errno` if something stays.
  private static func remove(_ path: Path) -> Bool {
    var information = stat()
    guard lstat(words(path), &information) == 0 else { return errno == ENOENT }
    guard information.st_mode & S_IFMT == S_IFDIR else { return unlink(words(path)) == 0 }
    for name in names(in: path) where !remove(path + [slash] + name) { return false }
    return rmdir(words(path)) == 0
  }

  private static func names(in folder: Path) -> [Path] {
    guard let stream = opendir(words(folder)) else { return [] }
    defer { closedir(stream) }
    var names: [Path] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Path($0.prefix { $0 != 0 }) }
      if name != Path(".".utf8), name != Path("..".utf8) { names.append(name) }
    }
    return names
  }

  /// A path without links in it; nil with `errno` if it leads nowhere.
  private static func resolved(_ path: Path) -> Path? {
    guard let real = realpath(words(path), nil) else { return nil }
    defer { free(real) }
    return Path(UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) })
  }

  private static func words(_ path: Path) -> [CChar] { path.map { CChar(bitPattern: $0) } + [0] }
}

extension Array where Element == UInt8 {
  /// The longest end of which every byte is one of some.
  fileprivate func suffix(while isOne: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let start = lastIndex { !isOne($0) }.map { $0 + 1 } ?? startIndex
    return self[start...]
  }
}
