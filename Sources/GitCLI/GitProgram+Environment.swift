extension GitProgram {
  /// Variables of git's own that carry the user's way to the network.
  static let keptVariables: Set<String> = [
    "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM", "GIT_ASKPASS", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT",
    "GIT_SSL_KEY", "GIT_SSL_CERT_TYPE", "GIT_SSL_KEY_TYPE", "GIT_SSL_CIPHER_LIST",
    "GIT_SSL_VERSION", "GIT_SSL_NO_VERIFY", "GIT_PROXY_COMMAND", "GIT_PROXY_SSL_CAINFO",
    "GIT_PROXY_SSL_CERT", "GIT_PROXY_SSL_KEY", "GIT_HTTP_PROXY_AUTHMETHOD",
    "GIT_HTTP_USER_AGENT", "GIT_ALLOW_PROTOCOL", "GIT_PROTOCOL_FROM_USER", "GIT_EXEC_PATH",
    "GIT_TRACE",
  ]

  /// The beginnings of settings that carry the same, or say how commits are signed: those that a worker's guard sets
  /// are not among them.
  private static let keptSettingNames = [
    "url.", "http.", "https.", "credential.", "ssh.", "protocol.", "remote.", "safe.directory",
    "core.sshcommand", "core.askpass", "core.gitproxy", "gpg.", "user.signingkey", "commit.gpgsign",
  ]

  /// Settings of orch's own, which count before all others.
  ///
  /// A repository that somebody put into a worktree may name a program to be asked what has changed: git asks
  /// it for that repository's files too. Nor does git change such a repository together with the worktree, which
  /// would run that repository's filters.
  private static let ownSettings = [
    (key: "core.fsmonitor", value: "false"), (key: "submodule.recurse", value: "false"),
  ]

  /// The most settings that an environment may have.
  private static let maximumSettings = 1000

  /// Settings that are given in the environment, as `git help config` says (`GIT_CONFIG_COUNT`), or with
  /// `git -c` to the git that called this program (`GIT_CONFIG_PARAMETERS`), and orch's own after them.
  static func keptSettings(_ environment: [String: String]) -> [String: String] {
    let count = environment["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0
    var settings: [(key: String, value: String)] = []
    for index in 0..<min(max(0, count), maximumSettings) {
      guard let key = environment["GIT_CONFIG_KEY_\(index)"],
        let value = environment["GIT_CONFIG_VALUE_\(index)"]
      else { continue }
      settings.append((key, value))
    }
    settings += parameters(environment["GIT_CONFIG_PARAMETERS"] ?? "")
    let kept =
      settings.filter { setting in
        keptSettingNames.contains { setting.key.lowercased().hasPrefix($0) }
      } + ownSettings
    var variables = ["GIT_CONFIG_COUNT": String(kept.count)]
    for (number, setting) in kept.enumerated() {
      variables["GIT_CONFIG_KEY_\(number)"] = setting.key
      variables["GIT_CONFIG_VALUE_\(number)"] = setting.value
    }
    return variables
  }

  /// What `git -c` hands on: `'key'='value'`, or `'key=value'` of older versions, each in a shell's quotes.
  private static func parameters(_ text: String) -> [(key: String, value: String)] {
    var settings: [(key: String, value: String)] = []
    for words in quoted(text).prefix(maximumSettings) {
      guard let first = words.first else { continue }
      if words.count > 1 {
        settings.append((first, words[1]))
      } else {
        let parts = first.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        settings.append((String(parts[0]), parts.count > 1 ? String(parts[1]) : "true"))
      }
    }
    return settings
  }

  /// Words in single quotes, in groups: a space ends a group, "=" a word; `'\''` is a quote.
  private static func quoted(_ text: String) -> [[String]] {
    var groups: [[String]] = []
    var group: [String] = []
    var word = ""
    var (isInside, isEscaped) = (false, false)
    for character in text + " " {
      switch character {
      case _ where isEscaped:
        word.append(character)
        isEscaped = false
      case "'": isInside.toggle()
      case _ where isInside: word.append(character)
      case "\\": isEscaped = true
      case "=":
        group.append(word)
        word = ""
      default:
        group.append(word)
        if group != [""] { groups.append(group) }
        (group, word) = ([], "")
      }
    }
    return groups
  }
}
