internal import Forge
internal import Settings

extension GitHubAccess {
  /// The App that is configured; nil if orch uses a token.
  var credentials: AppCredentials? {
    guard let id = settings.app.name, let file = settings.app.privateKeyFile else { return nil }
    return AppCredentials(id: id, installation: settings.app.installation) {
      () throws(ForgeError) in
      do {
        return try SecretFile.read(file, key: "forge.app.private_key_file")
      } catch {
        throw .app(.unreadableKey(Explanation.report(of: error).sentence))
      }
    }
  }

  /// The tokens of the App that is configured; nil if orch uses another token.
  ///
  /// What the App asks as itself is counted apart by GitHub, and is two requests an hour.
  func installationTokens(
    _ configuration: GitHubConfiguration
  ) throws(ForgeError) -> InstallationTokens? {
    guard let credentials else { return nil }
    return try InstallationTokens(
      credentials, configuration, budget: APIBudget(),
      shelf: commonDirectory.map { TokenFile(commonDirectory: $0).shelf } ?? .none)
  }

  /// Settings of git by which it asks orch for the App's token, and nobody else, on this GitHub's pages.
  ///
  /// They are given in the environment, so that the repository's and the user's stay as they are.
  func gitSettings(program: String, repository: String) -> [(key: String, value: String)] {
    guard credentials != nil else { return [] }
    let key = "credential.\(origin).helper"
    let words = [program, "-C", repository, CredentialCommand.name]
    return [(key, ""), (key, "!" + ShellText.command(words))]
  }

  /// Scheme and host of the GitHub's pages and repositories.
  var origin: String {
    let isPlain = settings.api?.lowercased().hasPrefix("http://") == true
    return "\(isPlain ? "http" : "https")://\(GitHubHost(api: settings.api).name)"
  }

  /// An environment with more settings of git (`git help config`, `GIT_CONFIG_COUNT`).
  static func adding(
    _ settings: [(key: String, value: String)], to environment: [String: String]
  ) -> [String: String] {
    guard !settings.isEmpty else { return environment }
    var result = environment
    var count = environment["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0
    for setting in settings {
      result["GIT_CONFIG_KEY_\(count)"] = setting.key
      result["GIT_CONFIG_VALUE_\(count)"] = setting.value
      count += 1
    }
    result["GIT_CONFIG_COUNT"] = String(count)
    return result
  }
}

extension Session {
  /// The environment for git, which pushes and fetches as the App that is configured, if there is one.
  var gitEnvironment: [String: String] {
    guard settings.forge.kind == .github, settings.forge.app.name != nil,
      let program = try? Composition.ownProgram()
    else { return Environment.all }
    let access = GitHubAccess(self)
    return GitHubAccess.adding(
      access.gitSettings(program: program, repository: repository), to: Environment.all)
  }
}
