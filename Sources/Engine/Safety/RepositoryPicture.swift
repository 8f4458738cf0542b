internal import GitState
internal import JSON

/// What of a repository no worker has to change, as it stood at one moment.
struct RepositoryPicture: Equatable {
  /// The most files of the main checkout that are told apart.
  static let maximumFiles = 5000
  /// The most entries of the stash that are known.
  static let maximumStash = 1000

  /// References by name, without those that every machine moves all the time.
  var references: [String: String] = [:]
  /// Files of the git directory that git obeys, by their path in it: mode and the id of their content.
  var gitFiles: [String: String] = [:]
  /// All settings of the repository with all their values.
  var settings: [String: [String]] = [:]
  /// What differs from the index in the main checkout: `git status`' word, and size and time of the file.
  var files: [String: String] = [:]
  /// What the main checkout's HEAD names.
  var head = ""
  /// Entries of the stash, by commit: what they are called.
  var stash: [String: String] = [:]
  /// The notes that orch wrote or found sound last.
  var notes: String?

  /// References that are looked after.
  ///
  /// The state and the notes have guards of their own, `StateStore.recoverIfNeeded` and `EffectRunner.keepNotes`;
  /// what stands under `incoming` is there for an instant.
  static func isWatched(_ name: String) -> Bool {
    let free = [
      RefLayout.state, RefLayout.notes, RefLayout.brokenNotes, RefLayout.alias,
      "refs/orch/incoming/",
    ]
    return !free.contains(where: name.hasPrefix)
  }

  /// References that orch moves itself: of the branches and checkpoints of tasks.
  static func isOfTasks(_ name: String) -> Bool {
    ["refs/heads/orch/", "refs/orch/"].contains(where: name.hasPrefix)
  }

  /// Files of the git directory, besides hooks, that git obeys.
  static let obeyedFiles = [
    "info/attributes", "info/grafts", "info/exclude", "objects/info/alternates", "config.worktree",
  ]

  /// Settings by which a repository runs programs, chooses whom it talks to, says who commits, or stops being this
  /// repository.
  static func isGuarded(_ key: String) -> Bool {
    let exact: Set = [
      "core.hookspath", "core.fsmonitor", "core.sshcommand", "core.askpass", "core.gitproxy",
      "core.editor", "core.pager", "core.attributesfile", "core.alternaterefscommand",
      "core.worktree", "core.bare", "core.repositoryformatversion", "sequence.editor",
      "gpg.program", "diff.external", "http.proxy", "user.name", "user.email", "user.signingkey",
      "author.name", "author.email", "committer.name", "committer.email",
    ]
    if exact.contains(key) { return true }
    let ends = [
      ".clean", ".smudge", ".process", ".command", ".textconv", ".driver", ".url", ".pushurl",
      ".insteadof", ".pushinsteadof", ".helper", ".path", ".program", ".uploadpack", ".receivepack",
      ".proxy", ".vcs", ".cmd",
    ]
    let starts = ["alias.", "include.", "includeif.", "credential.", "extensions."]
    return starts.contains(where: key.hasPrefix) || ends.contains(where: key.hasSuffix)
      || key.hasPrefix("remote.") && key.hasSuffix(".fetch")
  }

  /// True for a new setting that does nothing until somebody names it: one of a remote that was not there, or
  /// an alias.
  ///
  /// A person may have made it meanwhile, so it is only reported.
  func isNewAndIdle(_ key: String, since old: RepositoryPicture) -> Bool {
    guard old.settings[key] == nil else { return false }
    if key.hasPrefix("alias.") { return true }
    guard key.hasPrefix("remote."), let end = key.lastIndex(of: ".") else { return false }
    let section = key[...end]
    return !old.settings.keys.contains { $0.hasPrefix(section) }
  }

  /// Reads what `git config --list -z` prints, without what git notes of branches of tasks.
  static func settings(_ listed: String) -> [String: [String]] {
    var result: [String: [String]] = [:]
    for entry in listed.split(separator: "\0") {
      let parts = entry.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let key = String(parts[0])
      if key.hasPrefix("branch.orch/") { continue }
      result[key, default: []].append(parts.count > 1 ? String(parts[1]) : "")
    }
    return result
  }

  /// Reads the entries of the stash, which git keeps in the log of its reference.
  mutating func readStash(in commonDirectory: String) {
    let log = ProtocolFolder(path: commonDirectory + "/logs/refs").read("stash") ?? ""
    for line in log.split(separator: "\n").suffix(Self.maximumStash) {
      let parts = line.split(separator: "\t", maxSplits: 1)
      guard let id = parts.first?.split(separator: " ").dropFirst().first else { continue }
      stash[String(id)] = parts.count > 1 ? String(parts[1]) : ""
    }
  }

  /// A file of the git directory as a person calls it.
  static func name(ofGitFile path: String) -> String {
    path.hasPrefix("hooks/")
      ? "the hook '\(path.dropFirst("hooks/".count))'" : "the git directory's file '\(path)'"
  }

  /// What differs from an earlier picture, in sentences: first what git obeys, then references, then files.
  func differences(from old: RepositoryPicture) -> Differences {
    var result = Differences()
    for (path, before, after) in Self.changes(old.gitFiles, gitFiles) {
      let verb = before == nil ? "made" : after == nil ? "removed" : "changed"
      result.add("\(Self.name(ofGitFile: path)) was \(verb)", to: .gitFiles)
    }
    for (key, before, after) in Self.changes(old.settings, settings) {
      let (was, new) = (before?.joined(separator: ", "), after?.joined(separator: ", "))
      result.add("the setting \(key) went from '\(was ?? "")' to '\(new ?? "")'", to: .settings)
    }
    if head != old.head {
      result.add("the main checkout went from \(old.head) to \(head)", to: .checkout)
    }
    for (name, before, after) in Self.changes(old.references, references) {
      let words =
        switch (before, after) {
        case (nil, let new?): "was made at \(new.prefix(10))"
        case (let was?, nil): "was removed; it was at \(was.prefix(10))"
        case (let was, let new):
          "was moved from \(was?.prefix(10) ?? "") to \(new?.prefix(10) ?? "")"
        }
      result.add("\(name) \(words)", to: .references)
    }
    for (file, _, after) in Self.changes(old.files, files) {
      result.add(
        "'\(file)' of the main checkout was changed" + (after == nil ? " back" : "")
          + ", by a worker or by a person", to: .files)
    }
    return result
  }

  /// The names whose values differ, sorted, with both values.
  static func changes<Value: Equatable>(
    _ old: [String: Value], _ new: [String: Value]
  ) -> [(name: String, old: Value?, new: Value?)] {
    Set(old.keys).union(new.keys).sorted().compactMap { name in
      old[name] == new[name] ? nil : (name, old[name], new[name])
    }
  }

  /// The form in the run directory.
  var json: JSONValue {
    [
      "references": .object(references.mapValues(JSONValue.string)),
      "git_files": .object(gitFiles.mapValues(JSONValue.string)),
      "settings": .object(settings.mapValues(JSONValue.texts)),
      "files": .object(files.mapValues(JSONValue.string)), "head": .string(head),
      "stash": .object(stash.mapValues(JSONValue.string)), "notes": .optional(notes),
    ]
  }
}

extension RepositoryPicture {
  /// Reads the form in the run directory; nil if it is not whole.
  init?(json: JSONValue) {
    guard let references = json["references"]?.object, let head = json["head"]?.string,
      let gitFiles = json["git_files"]?.object
    else { return nil }
    self.references = references.compactMapValues(\.string)
    self.head = head
    self.gitFiles = gitFiles.compactMapValues(\.string)
    settings = json["settings"]?.object?.compactMapValues(\.strings) ?? [:]
    files = json["files"]?.object?.compactMapValues(\.string) ?? [:]
    stash = json["stash"]?.object?.compactMapValues(\.string) ?? [:]
    notes = json["notes"]?.string
  }
}
