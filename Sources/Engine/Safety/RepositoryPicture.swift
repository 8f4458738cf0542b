internal import JSON

/// What of a repository no worker has to change, as it stood at one moment.
struct RepositoryPicture: Equatable {
  /// The most files of the main checkout that are told apart.
  static let maximumFiles = 5000
  /// The most lines that a comparison has.
  static let maximumLines = 50

  /// References by name, without those that orch and the workers move.
  var references: [String: String] = [:]
  /// Hooks by name: the id of their content.
  var hooks: [String: String] = [:]
  /// Settings that name programs, addresses or other files, with all their values.
  var settings: [String: [String]] = [:]
  /// What differs from the index in the main checkout: `git status`' word, and size and time of the file.
  var files: [String: String] = [:]
  /// What the main checkout's HEAD names.
  var head = ""

  /// Settings by which a repository runs programs or chooses whom it talks to.
  static func isGuarded(_ key: String) -> Bool {
    let exact: Set = [
      "core.hookspath", "core.fsmonitor", "core.sshcommand", "core.askpass", "core.gitproxy",
      "core.editor", "core.pager", "core.attributesfile", "core.alternaterefscommand",
      "core.worktree", "sequence.editor", "gpg.program", "diff.external", "http.proxy",
    ]
    if exact.contains(key) { return true }
    let ends = [
      ".clean", ".smudge", ".process", ".command", ".textconv", ".driver", ".url", ".pushurl",
      ".insteadof", ".pushinsteadof", ".helper", ".path", ".program", ".uploadpack", ".receivepack",
      ".proxy", ".vcs", ".cmd",
    ]
    return key.hasPrefix("alias.") || key.hasPrefix("include.") || key.hasPrefix("includeif.")
      || key.hasPrefix("credential.") || ends.contains(where: key.hasSuffix)
  }

  /// Reads what `git config --list -z` prints.
  static func settings(_ listed: String) -> [String: [String]] {
    var result: [String: [String]] = [:]
    for entry in listed.split(separator: "\0") {
      let parts = entry.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let key = String(parts[0])
      if isGuarded(key) { result[key, default: []].append(parts.count > 1 ? String(parts[1]) : "") }
    }
    return result
  }

  /// What differs from an earlier picture, in sentences, without what `known` says already.
  func differences(from old: RepositoryPicture) -> [String] {
    var lines: [String] = []
    for (name, before, after) in Self.changes(old.references, references) {
      switch (before, after) {
      case (nil, .some(let new)): lines.append("\(name) was made at \(new.prefix(10))")
      case (.some(let was), nil): lines.append("\(name) was removed; it was at \(was.prefix(10))")
      case (.some(let was), .some(let new)):
        lines.append("\(name) was moved from \(was.prefix(10)) to \(new.prefix(10))")
      default: continue
      }
    }
    for (name, before, _) in Self.changes(old.hooks, hooks) {
      lines.append("the hook '\(name)' was \(before == nil ? "made" : "changed")")
    }
    for (key, before, after) in Self.changes(old.settings, settings) {
      let (was, new) = (before?.joined(separator: ", "), after?.joined(separator: ", "))
      lines.append("the setting \(key) went from '\(was ?? "")' to '\(new ?? "")'")
    }
    if head != old.head {
      lines.append("the main checkout went from \(old.head) to \(head)")
    }
    for (file, _, after) in Self.changes(old.files, files) {
      lines.append("'\(file)' of the main checkout was changed" + (after == nil ? " back" : ""))
    }
    let rest = lines.count - Self.maximumLines
    return lines.prefix(Self.maximumLines) + (rest > 0 ? ["and \(rest) more"] : [])
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
      "hooks": .object(hooks.mapValues(JSONValue.string)),
      "settings": .object(settings.mapValues(JSONValue.texts)),
      "files": .object(files.mapValues(JSONValue.string)), "head": .string(head),
    ]
  }
}

extension RepositoryPicture {
  /// Reads the form in the run directory; nil if it is not whole.
  init?(json: JSONValue) {
    guard let references = json["references"]?.object, let head = json["head"]?.string else {
      return nil
    }
    self.references = references.compactMapValues(\.string)
    self.head = head
    hooks = json["hooks"]?.object?.compactMapValues(\.string) ?? [:]
    settings = json["settings"]?.object?.compactMapValues(\.strings) ?? [:]
    files = json["files"]?.object?.compactMapValues(\.string) ?? [:]
  }
}
