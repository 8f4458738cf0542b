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

  /// The beginnings of settings that carry the same: those that a worker's guard sets are not among them.
  private static let keptSettingNames = [
    "url.", "http.", "https.", "credential.", "ssh.", "protocol.", "remote.", "safe.directory",
    "core.sshcommand", "core.askpass", "core.gitproxy",
  ]

  /// The most settings that an environment may have.
  private static let maximumSettings = 1000

  /// Settings that are given in the environment, as `git help config` says (`GIT_CONFIG_COUNT`).
  static func keptSettings(_ environment: [String: String]) -> [String: String] {
    let count = environment["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0
    var kept: [String: String] = [:]
    var number = 0
    for index in 0..<min(max(0, count), maximumSettings) {
      guard let key = environment["GIT_CONFIG_KEY_\(index)"],
        let value = environment["GIT_CONFIG_VALUE_\(index)"],
        keptSettingNames.contains(where: { key.lowercased().hasPrefix($0) })
      else { continue }
      kept["GIT_CONFIG_KEY_\(number)"] = key
      kept["GIT_CONFIG_VALUE_\(number)"] = value
      number += 1
    }
    if number > 0 { kept["GIT_CONFIG_COUNT"] = String(number) }
    return kept
  }
}
