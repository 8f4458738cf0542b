internal import Agents
internal import Engine
internal import Forge
internal import GitCLI
internal import Settings

/// GitHub as this machine's user may use it: which repository, and with which token.
struct GitHubAccess: Sendable {
  /// How long a program that knows a token may take, in seconds.
  static let helperSeconds = 10

  let git: GitProgram
  let environment: [String: String]
  let settings: ForgeSettings
  /// Where an App's token is kept; nil for nowhere.
  let commonDirectory: String?

  private var host: GitHubHost { GitHubHost(api: settings.api) }

  /// The GitHub of a session's repository.
  init(_ session: Session) {
    git = session.plainGit
    environment = Environment.all
    settings = session.settings.forge
    commonDirectory = session.commonDirectory
  }

  /// `owner/name`: as configured, else as the remote says; throws `CommandError` if that does not tell.
  func repositoryName() async throws -> String {
    if let name = settings.repository { return name }
    let url = try await git.run(["remote", "get-url", "--", settings.remote]).text
    // An 'insteadOf' may lead git to a mirror: what was configured says which repository it is of.
    let key = "remote.\(settings.remote).url"
    let configured = try? await git.run(["config", "--get", key]).text
    for known in [url, configured].compactMap({ $0 }) {
      guard let name = Self.repository(ofRemote: known), await isOwn(remote: known) else {
        continue
      }
      return name
    }
    let isForeign = await !isOwn(remote: url)
    if let found = GitHubHost.host(ofRemote: url), isForeign {
      throw CommandError(
        "the remote '\(settings.remote)' is on \(found), and 'forge.api' is of \(host.name)",
        hints: [
          "set 'forge.api: https://\(found)/api/v3' for a GitHub Enterprise",
          "set 'forge.repository: owner/name' if it is the same one under another name",
        ])
    }
    throw CommandError(
      "the remote '\(settings.remote)' does not say which GitHub repository it is",
      hints: ["set 'forge.repository: owner/name' in .orch.yml"])
  }

  /// True if a remote's URL is of this GitHub, also where ssh knows its host by another name.
  private func isOwn(remote url: String) async -> Bool {
    if host.owns(remote: url) { return true }
    guard let alias = GitHubHost.sshHost(ofRemote: url),
      let program = ProgramPath.find("ssh", path: environment["PATH"] ?? "")
    else { return false }
    // It prints what the user's configuration makes of a name, and connects to nothing.
    let told = try? await ShellCommand.run(
      program: program, arguments: ["-T", "-G", "--", alias], in: git.directory,
      environment: environment, timeoutSeconds: Self.helperSeconds)
    guard let told, told.exitCode == 0 else { return false }
    let line = told.output.split(separator: "\n").first { $0.hasPrefix("hostname ") }
    return line.map { host.isNamed($0.dropFirst("hostname ".count).lowercased()) } ?? false
  }

  /// The forge; throws `ForgeError` or `CommandError` if it cannot be told which repository it is.
  func forge() async throws -> GitHubForge {
    let configuration = try await self.configuration()
    let access = self
    let tokens =
      try installationTokens(configuration)?.source
      ?? TokenSource { refused throws(ForgeError) in try await access.token(not: refused) }
    return try GitHubForge(configuration, tokens: tokens, budget: budget)
  }

  /// Throws what this machine lacks to speak to GitHub at all, without asking it: no work is begun whose result could
  /// not be published.
  func requireMeans() async throws {
    _ = try await repositoryName()
    if settings.app.name == nil {
      _ = try await token(not: nil)
    } else if let file = settings.app.privateKeyFile {
      _ = try SecretFile.read(file, key: "forge.app.private_key_file")
    }
  }

  /// The token of the App that is configured, for git; nil if there is none.
  func appToken() async throws -> InstallationToken? {
    guard credentials != nil else { return nil }
    return try await installationTokens(try await configuration())?.token()
  }

  /// The account that all processes of this machine's user share: an App has limits of its own.
  private var budget: APIBudget {
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
    let name = host.name + (settings.app.name.map { " app \($0)" } ?? "")
    return APIBudget(books: home.map { BudgetFile(home: $0, host: name).books })
  }

  private func configuration() async throws -> GitHubConfiguration {
    let name = try await repositoryName()
    var configuration = try GitHubConfiguration(repository: name, api: settings.api)
    configuration.proxy = try ProxyChoice.proxy(for: configuration.api, environment: environment)
    let look = settings.lookSeconds
    configuration.pace = SurveyPace(
      unsettledSeconds: look, settledSeconds: min(look * 10, SurveyPace().settledSeconds))
    return configuration
  }

  /// `owner/name` of a remote's URL, as in `git@github.com:owner/name.git`; nil if it has none.
  static func repository(ofRemote url: String) -> String? {
    var path = url.filter { !$0.isWhitespace }[...]
    // `[git@github.com:22]:owner/name` is how ssh's short form has a port.
    if path.hasPrefix("["), let end = path.firstIndex(of: "]") { path = path[end...] }
    guard let colon = path.firstIndex(of: ":") else { return nil }
    path = path[path.index(after: colon)...]
    if path.hasPrefix("//") { path = path.dropFirst(2).drop { $0 != "/" } }
    let parts = path.split(separator: "/")
    guard parts.count == 2 else { return nil }
    let name = parts[1].hasSuffix(".git") ? parts[1].dropLast(4) : parts[1]
    return name.isEmpty ? nil : "\(parts[0])/\(name)"
  }

  /// A token from the environment, the gh program, or git's credential helper, in this order.
  private func token(not refused: AccessToken?) async throws(ForgeError) -> AccessToken {
    for variable in host.tokenVariables {
      if let token = environment[variable].flatMap(AccessToken.init), token != refused {
        return token
      }
    }
    if let token = await tokenOfProgram(), token != refused { return token }
    if let token = await tokenOfHelper(), token != refused { return token }
    if let refused { return refused }
    throw .noToken
  }

  private func tokenOfProgram() async -> AccessToken? {
    guard let program = ProgramPath.find("gh", path: environment["PATH"] ?? "") else { return nil }
    let result = try? await ShellCommand.run(
      program: program, arguments: host.programArguments, in: git.directory,
      environment: environment,
      timeoutSeconds: Self.helperSeconds)
    guard result?.exitCode == 0 else { return nil }
    return (result?.output).flatMap(AccessToken.init)
  }

  private func tokenOfHelper() async -> AccessToken? {
    let filled = try? await git.run(
      ["credential", "fill"], input: host.credentialQuestion,
      timeoutSeconds: Self.helperSeconds)
    let line = filled?.text.split(separator: "\n").first { $0.hasPrefix("password=") }
    return line.flatMap { AccessToken(String($0.dropFirst("password=".count))) }
  }

  /// What a prompt is told of an issue.
  static func material(_ issue: Issue) -> IssueMaterial {
    IssueMaterial(
      number: issue.summary.number, title: issue.summary.title,
      remarks: [remark(issue.summary.by, issue.body)]
        + issue.comments.filter { !$0.isHidden }.map { remark($0.by, $0.body) },
      isCut: issue.isCut)
  }

  private static func remark(_ by: Authored, _ text: String) -> IssueMaterial.Remark {
    IssueMaterial.Remark(
      author: by.author, association: by.association.rawValue.lowercased(), text: text)
  }
}
