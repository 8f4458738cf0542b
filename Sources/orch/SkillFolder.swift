internal import Folders
internal import Prompts

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The skills of a repository: `.orch/skills/NAME/SKILL.md`, then `skills/NAME/SKILL.md`.
struct SkillFolder: Sendable {
  private static let folders = [".orch/skills", "skills"]

  let repository: String

  /// A skill by the name of its folder; nil if there is none.
  ///
  /// Throws `CommandError` if it cannot be read.
  func skill(_ name: String) throws -> SkillFile? {
    guard !name.contains("/"), !name.hasPrefix(".") else { return nil }
    for folder in Self.folders {
      let path = "\(repository)/\(folder)/\(name)/SKILL.md"
      guard access(path, F_OK) == 0 else { continue }
      return SkillFile.parse(try TextFile.read(path), id: name)
    }
    return nil
  }

  /// Every skill that can be read, by name.
  func all() -> [SkillFile] {
    let names = Set(Self.folders.flatMap { Folder.names(in: "\(repository)/\($0)") })
    return names.sorted().compactMap { name in (try? skill(name)) ?? nil }
  }

}
