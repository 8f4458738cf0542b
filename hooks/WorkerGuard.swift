/// Git hooks that hold for one worker and for nobody else.
///
/// They reach git through the worker's environment (`GIT_CONFIG_COUNT`, `git help config`): an
/// `includeIf.gitdir` of a configuration file that sets `core.hooksPath`. So the user's own
/// configuration stays as it is, and other repositories that the worker uses, such as those its
/// tests make, are not touched. A worker that wants to can undo it; what it then did is found by
/// comparing refs, not by hooks.
public struct WorkerGuard: Sendable, Equatable {
  /// The folder that holds `files`, absolute.
  public let folder: String
  /// The repository's common git directory, absolute.
  public let gitDirectory: String
  /// The task's branch, without `refs/heads/`.
  public let branch: String
  /// The branch that it is merged into, without `refs/heads/`.
  public let base: String
  /// The folder of the user's own hooks: absolute, or relative to a worktree's top; nil if there is none.
  public let userHooks: String?
  /// False if a worker's commits are signed by whoever takes them over, who has the keys; then git does not try.
  public let signs: Bool

  /// A guard for one worker; the folder can be shared by all workers of a repository.
  ///
  /// `gitDirectory` is what `git rev-parse --git-common-dir` prints, `userHooks` what
  /// `git rev-parse --git-path hooks` prints outside of a worker.
  public init(
    folder: String, gitDirectory: String, branch: String, base: String, userHooks: String? = nil,
    signs: Bool = true
  ) {
    self.folder = folder
    self.gitDirectory = gitDirectory
    self.branch = branch
    self.base = base
    self.userHooks = userHooks
    self.signs = signs
  }

  /// Hooks of the user that the guard passes on by default.
  public static let chainedHooks = [
    "applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit",
    "prepare-commit-msg", "commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge",
    "post-rewrite",
  ]
  /// Hooks that git calls so often that they are passed on only where the user has them.
  public static let rareHooks = ["post-index-change", "pre-auto-gc", "sendemail-validate"]
  /// Where every push of a worker leads: no address but that of a helper which refuses (gitremote-helpers(7)).
  ///
  /// Hooks are passed over with `--no-verify`, this is not.
  static let refusingAddress = "orch-refused::"
  /// The name of the configuration file among `files`.
  public static let configurationName = "config"
  /// The same for submodules: a worker may fetch and move what is in them, and pushes from none.
  static let submoduleConfigurationName = "config-submodule"

  /// What the folder holds: content by file name, all to be written with mode 755.
  ///
  /// `existing` are the names in the user's own hooks folder.
  public func files(existing: [String] = []) -> [String: String] {
    var files = [
      "reference-transaction": Hooks.text(PackageResources.guard_reference_transaction),
      "pre-push": Hooks.text(PackageResources.guard_pre_push),
      Self.configurationName: configuration, Self.submoduleConfigurationName: settings,
    ]
    for name in Self.chainedHooks + Self.rareHooks.filter(existing.contains) {
      files[name] = Hooks.text(PackageResources.guard_chain)
    }
    return files
  }

  /// The names by which a worker removes files.
  public static let trashNames: Set<String> = ["rm", "trash", "trash-put"]
  /// The first word of a command line of orch that stands for a program on a worker's `PATH`.
  public static let programWord = "worker-program"

  /// Programs for a folder that comes first on the worker's `PATH`: `rm` and its gentler names move files of
  /// the worktree to its trash, git's helper for pushes refuses them, `orch` is the program at `orch`, and those in `locked`
  /// wait for their turn under the lock `build`.
  public static func programs(orch: String, locked: [String] = []) -> [String: String] {
    let quoted = orch.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''")
    let called = "#!/bin/sh\nexec '\(quoted)' \(programWord) \"$0\" \"$@\"\n"
    let own = trashNames.union(["orch", "sh", "env"])
    let waiting = locked.filter { !$0.contains("/") && !$0.isEmpty && !own.contains($0) }
    return Dictionary((waiting + trashNames).map { ($0, called) }, uniquingKeysWith: { $1 })
      .merging([
        // The helper's name is git's prefix and the address.
        "git-remote-orch-refused": Hooks.text(PackageResources.guard_pre_push),
        "orch": "#!/bin/sh\nexec '\(quoted)' \"$@\"\n",
      ]) { $1 }
  }

  /// The variables that put the guard in force; added to `GIT_CONFIG_*` of an environment that
  /// already has some.
  public func environment(adding existing: [String: String] = [:]) -> [String: String] {
    var variables = ["ORCH_BRANCH": branch, "ORCH_BASE": base]
    if let userHooks { variables["ORCH_USER_HOOKS"] = userHooks }
    let first = existing["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0
    // The main checkout, every linked worktree, and the submodules of either (git-config(1), "Conditional includes").
    let place = Self.escaped(gitDirectory)
    let conditions = [
      (place, Self.configurationName), (place + "/worktrees/*", Self.configurationName),
      (place + "/modules/", Self.submoduleConfigurationName),
      (place + "/worktrees/*/modules/", Self.submoduleConfigurationName),
    ]
    for (index, (pattern, file)) in conditions.enumerated() {
      variables["GIT_CONFIG_KEY_\(first + index)"] = "includeIf.gitdir:\(pattern).path"
      variables["GIT_CONFIG_VALUE_\(first + index)"] = folder + "/" + file
    }
    variables["GIT_CONFIG_COUNT"] = String(first + conditions.count)
    return variables
  }

  /// What holds in the repository itself: its hooks are the guard's.
  private var configuration: String {
    let quoted = folder.reduce(into: "") { text, character in
      if character == "\\" || character == "\"" { text.append("\\") }
      text.append(character)
    }
    return "[core]\n\thooksPath = \"\(quoted)\"\n" + settings
  }

  /// Workers start no maintenance: packing refs would look like changing them, and a worker that is
  /// stopped must not leave a half-done collection of the user's repository.
  private var settings: String {
    """
    [gc]
    \tauto = 0
    [maintenance]
    \tauto = false
    [url "\(Self.refusingAddress)"]
    \tpushInsteadOf = ""

    """ + (signs ? "" : "[commit]\n\tgpgSign = false\n")
  }

  /// A path in which nothing is a wildcard.
  private static func escaped(_ path: String) -> String {
    path.reduce(into: "") { text, character in
      if "*?[]\\".contains(character) { text.append("\\") }
      text.append(character)
    }
  }
}
