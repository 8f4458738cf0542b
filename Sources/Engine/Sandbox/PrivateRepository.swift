internal import Agents
internal import Git2
internal import GitCLI
internal import Worktrees

/// What a sandboxed worker sees in the place of the repository's common git directory.
///
/// A folder of its own: its objects go there, with the repository's own store beside it for reading, its
/// branch is a copy, and so is the worktree's administrative folder. Nothing that it writes is used by git
/// outside but the commits of its branch, which `EffectRunner.bringHome` fetches and checks.
struct PrivateRepository {
  /// Where the repository's objects are inside.
  static let objectsInside = "/run/orch/objects"
  /// Sections of the repository's configuration that a worker's git needs: no address, no credential.
  static let sections: Set<String> = [
    "core", "extensions", "user", "author", "committer", "i18n", "merge", "diff", "filter",
    "rebase", "rerere", "index", "feature", "status", "pull", "commit", "init", "submodule",
  ]
  /// Settings in those sections that name programs.
  static let leftOut: Set<String> = [
    "core.hookspath", "core.sshcommand", "core.askpass", "core.gitproxy", "core.fsmonitor",
    "core.editor", "core.pager", "core.alternaterefscommand", "core.worktree",
  ]

  /// The folder, on this side.
  let path: String
  let commonDirectory: String
  let worktree: Worktree

  /// Makes it anew for the worktree as it stands; `head` is the branch's.
  func make(head: String, git: GitProgram, shell: (String) async throws -> Void) async throws {
    let common = ShellCommand.quoted(commonDirectory)
    let place = ShellCommand.quoted(path)
    let name = ShellCommand.quoted("worktrees/\(worktree.name)")
    let branch = ShellCommand.quoted("refs/heads/\(worktree.branch)")
    try await shell(
      """
      set -e
      rm -rf \(place)
      mkdir -p \(place)/objects/info \(place)/info \(place)/refs/tags \(place)/worktrees
      mkdir -p \(place)/hooks \(place)/orch/locks "$(dirname \(place)/\(branch))"
      cp -R \(common)/\(name) \(place)/worktrees/
      for file in shallow info/exclude info/attributes; do
        [ ! -f \(common)/$file ] || cp \(common)/$file \(place)/$file
      done
      echo 'ref: refs/heads/\(Self.noBranch)' > \(place)/HEAD
      echo \(Self.objectsInside) > \(place)/objects/info/alternates
      echo \(head) > \(place)/\(branch)
      git -C \(common) for-each-ref --format='%(objectname) %(refname)' \
        refs/heads refs/tags refs/remotes > \(place)/packed-refs
      """)
    let listed = try await git.run(
      ["config", "--file", commonDirectory + "/config", "--list", "-z"])
    try ProtocolFolder(path: path).add("config", Self.configuration(listed.text))
  }

  /// The branch of the private repository itself, which is never born.
  private static let noBranch = "orch-none"

  /// What is kept of a configuration, which is given as `git config --list -z` prints it.
  static func configuration(_ listed: String) -> String {
    var text = ""
    for entry in listed.split(separator: "\0") {
      let parts = entry.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let key = String(parts[0])
      guard let first = key.firstIndex(of: "."), let last = key.lastIndex(of: "."),
        sections.contains(String(key[..<first])), !leftOut.contains(key)
      else { continue }
      let middle = first < last ? key[key.index(after: first)..<last] : ""
      let section = middle.isEmpty ? key[..<first] : "\(key[..<first]) \(quoted(String(middle)))"
      let value = parts.count > 1 ? " = \(quoted(String(parts[1])))" : ""
      text += "[\(section)]\n\t\(key[key.index(after: last)...])\(value)\n"
    }
    return text
  }

  /// A value as git reads it from a configuration file.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\\", "\"": result += "\\" + String(character)
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      default: result.unicodeScalars.append(character)
      }
    }
    return result + "\""
  }

  /// What is mounted of it, in order: over the whole common directory, with what is real beside it.
  func mounts(runDirectory: String, objects: [String]) -> [SandboxMount] {
    var mounts: [SandboxMount] = [
      .writable(path, at: commonDirectory),
      .readOnly(commonDirectory + "/objects", at: Self.objectsInside),
    ]
    if EffectRunner.exists(commonDirectory + "/hooks") {
      mounts.append(.readOnly(commonDirectory + "/hooks", at: commonDirectory + "/hooks"))
    }
    mounts += objects.map { .readOnly($0, at: $0) }
    mounts += [
      // Turns are taken among all workers, so this is the real one.
      .writable(commonDirectory + "/orch/locks", at: commonDirectory + "/orch/locks"),
      .readOnly(runDirectory + "/bin", at: runDirectory + "/bin"),
      .readOnly(runDirectory + "/hooks", at: runDirectory + "/hooks"),
      .writable(runDirectory + "/waiting", at: runDirectory + "/waiting"),
      .writable(worktree.path, at: worktree.path),
      // A mount point cannot be replaced from inside: orch reads these from outside.
      .readOnly(worktree.path + "/.git", at: worktree.path + "/.git"),
    ]
    let folder = worktree.path + "/" + WorktreeStore.protocolFolder
    return mounts + [folder, folder + "/inbox", folder + "/outbox"].map { .writable($0, at: $0) }
  }

  /// The branch's head as the worker left it; nil if it left none.
  var head: ObjectID? {
    let name = "refs/heads/\(worktree.branch)"
    let files = ProtocolFolder(path: path)
    if let text = files.read(name), let head = ObjectID(hex: Self.firstLine(text)) { return head }
    let packed = files.read("packed-refs") ?? ""
    return packed.split(separator: "\n").first { $0.hasSuffix(" \(name)") }
      .flatMap { ObjectID(hex: String($0.prefix { $0 != " " })) }
  }

  /// The commit that its HEAD names directly; nil if it is on a branch.
  var detachedHead: ObjectID? {
    let text = ProtocolFolder(path: path).read("worktrees/\(worktree.name)/HEAD") ?? ""
    return ObjectID(hex: Self.firstLine(text))
  }

  /// What it was left in the middle of; nil if it was in the middle of nothing.
  var operation: OngoingOperation? {
    let folder = ProtocolFolder(path: "\(path)/worktrees/\(worktree.name)")
    return Self.operationFiles.first { folder.read($0.name) != nil }?.operation
  }

  /// The files by which git knows, in the order in which it looks.
  private static let operationFiles: [(name: String, operation: OngoingOperation)] = [
    ("rebase-merge/head-name", .rebase), ("rebase-apply/head-name", .rebase),
    ("rebase-apply/applying", .patches), ("MERGE_HEAD", .merge), ("REVERT_HEAD", .revert),
    ("CHERRY_PICK_HEAD", .cherryPick), ("BISECT_LOG", .bisection),
  ]

  private static func firstLine(_ text: String) -> String {
    text.split(separator: "\n").first.map(String.init) ?? ""
  }
}
