internal import GitCLI
internal import Hooks
internal import JSON
internal import Settings

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Why a hook was not put in place.
struct HookProblem: Error {
  let hook: String
  let text: String
  var hints: [String] = []

  var json: JSONValue {
    ["hook": .string(hook), "problem": .string(text), "hints": .texts(hints)]
  }
}

/// A hook as it stands.
struct HookReport {
  let name: String
  let folder: String
  let standing: HookFolder.Standing
  /// Whether git ran it when it was asked to; nil if it was not asked.
  var proven: Bool?
  /// Why not, if git said anything.
  var reason: String?

  /// The standing in words.
  var words: String {
    switch standing {
    case .missing: "not installed"
    case .installed: "installed"
    case .chained: "installed, after the one that was there"
    case .calling: "another hook, which calls orch"
    case .foreign: "another hook; orch's is not installed"
    case .replaced: "replaced by another hook: run 'orch hooks install' again"
    case .notExecutable: "may not be executed: run 'orch hooks install' again"
    }
  }

  /// What git said, in words.
  var proof: String {
    switch proven {
    case true?: "git runs it"
    case false?: "git does not run it" + (reason.map { ": \($0)" } ?? "")
    case nil: reason ?? ""
    }
  }

  var json: JSONValue {
    JSONValue.compact([
      "name": .string(name), "path": .string("\(folder)/\(name)"),
      "installed": .bool(standing.runsOrch),
      "state": .string(Self.word(standing)), "proven": proven.map(JSONValue.bool),
      "reason": reason.map(JSONValue.string),
    ])
  }

  private static func word(_ standing: HookFolder.Standing) -> String {
    switch standing {
    case .missing: "missing"
    case .installed: "installed"
    case .chained: "chained"
    case .calling: "calling"
    case .foreign: "foreign"
    case .replaced: "replaced"
    case .notExecutable: "not_executable"
    }
  }
}

/// The folder in which git looks for hooks here, and what may be done to it.
struct HookPlace {
  /// How long git may take to run one hook that does nothing, in seconds.
  static let proofSeconds = 20

  let session: Session
  let git: GitProgram
  let hooks: HookFolder
  /// The names that make sense in this repository.
  let names: [String]
  /// True if the folder lies in a worktree, where its files can be tracked.
  let isInWorktree: Bool
  /// The scope in which `core.hooksPath` is set; nil if it is not.
  let scope: String?

  /// Finds out what git itself uses; throws `GitCommandError`.
  init(_ session: Session) async throws {
    self.session = session
    // Of a linked worktree the own folder: a relative path means another place in each.
    let start = session.options.folder
    let place = session.git.at(start)
    let bare = try await place.run(["rev-parse", "--is-bare-repository"]).text
    let isBare = bare.hasPrefix("true")
    let top = isBare ? nil : try await place.run(["rev-parse", "--show-toplevel"]).line
    git = place.at(top ?? session.repository)
    names = isBare ? Hooks.bareNames : Hooks.workingNames
    let text = try await git.run(["rev-parse", "--git-path", "hooks"]).line
    let path = text.hasPrefix("/") ? text : "\(git.directory)/\(text)"
    hooks = HookFolder(path: path.hasSuffix("/") ? String(path.dropLast()) : path)
    let configured = try await git.run(
      ["config", "--show-scope", "--get", "core.hooksPath"], accepting: [1])
    scope =
      configured.exitCode == 0
      ? configured.line.split(separator: "\t").first.map(String.init) : nil
    let common = session.commonDirectory
    isInWorktree =
      scope != nil && !Self.isBelow(path, common) && top.map { Self.isBelow(path, $0) } == true
  }

  /// Puts every hook in place that may be; returns the others.
  func install() async throws -> [HookProblem] {
    try refuseShared()
    var problems: [HookProblem] = []
    var added: [String] = []
    let wasThere = access(hooks.path, F_OK) == 0
    for name in names {
      do {
        let isNew = hooks.standing(of: name) == .missing
        try await refuseTracked(name)
        try hooks.install(name)
        if isNew { added.append(name) }
        if hooks.keepsAnother(name) { added.append(name + HookFolder.keptSuffix) }
      } catch let problem as HookProblem {
        problems.append(problem)
      } catch let error as HookError {
        problems.append(Self.problem(name, error))
      }
    }
    if !wasThere { TextFile.append(madeMark, hooks.path + "\n") }
    if isInWorktree { try await exclude(added) }
    return problems
  }

  /// Takes every hook of orch away; returns their names.
  func uninstall() async throws -> [String] {
    var removed: [String] = []
    for name in Hooks.names {
      let before = hooks.standing(of: name)
      try hooks.uninstall(name)
      let wasOwn = [.installed, .chained, .notExecutable].contains(before)
      if wasOwn { removed.append(name) }
    }
    if (try? TextFile.read(madeMark)) == hooks.path + "\n" {
      rmdir(hooks.path)
      unlink(madeMark)
    }
    try HookExclusion(commonDirectory: session.commonDirectory).remove()
    return removed
  }

  /// How each hook stands; with `proving`, git is made to run those of orch.
  func report(proving: Bool) async -> [HookReport] {
    var rows: [HookReport] = []
    for name in names {
      var row = HookReport(name: name, folder: hooks.path, standing: hooks.standing(of: name))
      // One that a person wrote is not run for a proof: what else it does is not known.
      if proving, row.standing == .installed || row.standing == .chained {
        (row.proven, row.reason) = await prove(name)
      }
      rows.append(row)
    }
    return rows
  }

  /// A folder outside of this repository belongs to others too.
  private func refuseShared() throws {
    guard !isInWorktree, scope != "local", scope != "worktree",
      !Self.isBelow(hooks.path, session.commonDirectory)
    else { return }
    let cause =
      scope.map { "core.hooksPath is '\(hooks.path)', set in the \($0) configuration" }
      ?? "'\(hooks.path)' is a link to '\(Self.real(hooks.path))'"
    throw CommandError(
      "the hooks of this repository are in a folder that other repositories use too",
      causes: [cause],
      hints: [
        scope == nil
          ? "put a folder in the place of the link"
          : "give this repository a folder of its own: 'git config core.hooksPath .git/hooks'",
        "or call orch in the hooks there: 'command -v orch >/dev/null && orch hook NAME \"$@\"'",
      ])
  }

  /// A hook that is a tracked file belongs to everyone who clones the repository.
  private func refuseTracked(_ name: String) async throws {
    guard isInWorktree, hooks.standing(of: name) == .foreign else { return }
    let listed = try await git.run(["ls-files", "--", hooks.file(name)])
    guard !listed.text.isEmpty else { return }
    throw HookProblem(
      hook: name, text: "'\(hooks.file(name))' is a tracked file of the repository",
      hints: ["add this line to it: command -v orch >/dev/null && orch hook \(name) \"$@\" || :"])
  }

  /// Keeps orch's files out of `git status` where the folder is part of the worktree.
  private func exclude(_ names: [String]) async throws {
    let top = git.directory + "/"
    guard hooks.path.hasPrefix(top), !names.isEmpty else { return }
    let folder = hooks.path.dropFirst(top.count)
    var shown: [String] = []
    for name in names {
      let ignored = try await git.run(
        ["check-ignore", "--quiet", "--", hooks.file(name)], accepting: [1])
      if ignored.exitCode != 0 { shown.append("/\(folder)/\(name)") }
    }
    try HookExclusion(commonDirectory: session.commonDirectory).add(shown)
  }

  private var madeMark: String { session.commonDirectory + "/orch/hooks-folder" }

  private static func problem(_ name: String, _ error: HookError) -> HookProblem {
    switch error {
    case .file(let path, let operation, let number):
      HookProblem(hook: name, text: "could not \(operation) '\(path)': \(Errno.text(number))")
    case .twoHooks(let path, let kept):
      HookProblem(
        hook: name, text: "'\(path)' is another hook than '\(kept)', which orch keeps",
        hints: ["remove the one that is out of date, then run 'orch hooks install' again"])
    case .tooLarge(let path): HookProblem(hook: name, text: "'\(path)' is too large")
    }
  }

  private static func isBelow(_ path: String, _ folder: String) -> Bool {
    real(path).hasPrefix(real(folder) + "/") || real(path) == real(folder)
  }

  /// A path without symbolic links, as far as it exists.
  private static func real(_ path: String) -> String {
    if let found = realpath(path, nil) {
      defer { free(found) }
      return String(cString: found)
    }
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return path }
    return real(String(path[..<slash])) + path[slash...]
  }
}

extension HookFolder.Standing {
  /// True if git's hook calls orch.
  var runsOrch: Bool { self == .installed || self == .chained || self == .calling }
}

extension GitProgram.Output {
  /// The output without its line break.
  var line: String { String(text.prefix { !$0.isNewline }) }
}
