internal import Prompts

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The seat's skill as a repository has it: the built-in text, then what the repository adds.
enum SeatText {
  /// What a repository adds to the skill: a file of its own, so that newer versions of the text replace none of it.
  static let additions = ".orch/seat.md"

  /// The skill for a repository; `folder` is nil outside of one.
  static func text(in folder: String?) throws -> String {
    guard let folder else { return SeatSkill.text }
    let path = "\(folder)/\(additions)"
    guard access(path, F_OK) == 0 else { return SeatSkill.text }
    let own = try TextFile.read(path)
    return SeatSkill.text + "\n## In this repository\n\n" + own + (own.hasSuffix("\n") ? "" : "\n")
  }

}

/// Puts the seat's skill where agents look for skills.
struct SkillInstallation {
  /// What became of one place.
  enum Outcome: String {
    /// There was none.
    case written
    /// There was an older one, untouched by hand.
    case updated
    /// There was the same.
    case unchanged
    /// There is one that somebody wrote or changed.
    case kept
  }

  /// The repository or home folder.
  let root: String
  /// The skill's text.
  let text: String
  /// Whether a copy that was changed by hand is replaced.
  let isForced: Bool

  /// The file's content: the text and the mark of its version.
  private var content: String { SeatSkill.installed(text, version: Version.text) }

  /// Writes every copy that may be written; what was changed by hand is left alone unless forced.
  func install() throws -> [(path: String, outcome: Outcome)] {
    try SeatSkill.folders.map { folder in
      let path = "\(root)/\(folder)/SKILL.md"
      return (path, try write(path))
    }
  }

  /// The installed copies that nobody changed by hand and that say something else by now.
  func stale() -> [String] {
    SeatSkill.folders.map { "\(root)/\($0)/SKILL.md" }.filter { path in
      guard access(path, R_OK) == 0, let old = try? TextFile.read(path) else { return false }
      return old != content && SeatSkill.judge(old) == .untouched
    }
  }

  private func write(_ path: String) throws -> Outcome {
    guard access(path, F_OK) == 0 else {
      try TextFile.makeFolders(of: path)
      try TextFile.replace(path, content)
      return .written
    }
    let old = try TextFile.read(path)
    if old == content { return .unchanged }
    guard isForced || SeatSkill.judge(old) == .untouched else { return .kept }
    try TextFile.replace(path, content)
    return .updated
  }
}

extension TextFile {
  /// Makes the folders above a file.
  static func makeFolders(of path: String) throws {
    var folder = ""
    for name in path.split(separator: "/").dropLast() {
      folder += "/" + name
      guard mkdir(folder, 0o777) == 0 || errno == EEXIST || errno == EISDIR || errno == EROFS else {
        throw CommandError("'\(folder)' cannot be made: \(Errno.text(errno))")
      }
    }
  }

  /// Writes a file in one step: readers see the old one or the new one.
  static func replace(_ path: String, _ text: String) throws {
    let temporary = "\(path).\(getpid())"
    unlink(temporary)
    try create(temporary, text)
    guard rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw CommandError("'\(path)' cannot be written: \(Errno.text(number))")
    }
  }
}
