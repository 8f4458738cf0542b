internal import JSON

/// Pull requests on GitHub or GitHub Enterprise, over REST and GraphQL.
///
/// All forges of one account on one machine share one `APIBudget`. What each call costs is in this
/// room's README.
public struct GitHubForge: Forge {
  let configuration: GitHubConfiguration
  let client: GitHubClient
  let identity: GitHubIdentity

  /// A repository on a GitHub; throws `.configuration` if the address cannot be used.
  public init(
    _ configuration: GitHubConfiguration, tokens: TokenSource, budget: APIBudget,
    clock: ForgeClock = .system
  ) throws(ForgeError) {
    self.configuration = configuration
    client = GitHubClient(
      endpoint: try GitHubEndpoint(configuration.api), userAgent: configuration.userAgent,
      timeoutSeconds: configuration.timeoutSeconds,
      transport: HTTPTransport(proxy: configuration.proxy), tokens: TokenHolder(tokens),
      budget: budget, clock: clock)
    identity = GitHubIdentity()
  }

  /// The path of the repository, with parts behind it.
  func path(_ parts: String...) -> [String] {
    ["repos", configuration.owner, configuration.name] + parts
  }

  /// The variables that name the repository in GraphQL.
  var place: [String: JSONValue] {
    ["owner": .string(configuration.owner), "name": .string(configuration.name)]
  }

  /// The repository as GitHub knows it, and what the token may do there: two requests, then free.
  public func repository() async throws(ForgeError) -> ForgeRepository {
    let account = try await account()
    let (repository, _) = try await client.get(
      client.address(path()), "read the repository", .acting
    ) { reader throws(ForgeError) in
      let ways: [(String, MergeOrder.Method)] = [
        ("allow_merge_commit", .merge), ("allow_squash_merge", .squash),
        ("allow_rebase_merge", .rebase),
      ]
      return ForgeRepository(
        fullName: try reader.name("full_name"), defaultBranch: try reader.name("default_branch"),
        isPrivate: reader.flag("private"), isArchived: reader.flag("archived"),
        canPush: reader.part("permissions")?.flag("push") ?? false,
        mergeMethods: ways.filter { reader.flag($0.0) }.map(\.1),
        deletesMergedBranches: reader.flag("delete_branch_on_merge"), account: account)
    }
    await identity.keep(fullName: repository.fullName)
    return repository
  }

  /// What somebody may do here: one request, free while that does not change.
  public func permission(of login: String) async throws(ForgeError) -> RepositoryPermission {
    let url = client.address(path("collaborators") + [login] + ["permission"])
    do throws(ForgeError) {
      return try await client.get(url, "see what '\(login)' may do", .watching) { reader in
        reader.word("permission", or: RepositoryPermission.none)
      }.value
    } catch {
      guard case .notFound = error else { throw error }
      return .none
    }
  }

  /// The login that the token acts as: one request, then free.
  public func account() async throws(ForgeError) -> String {
    if let known = await identity.account { return known }
    let (data, _) = try await client.query(
      "query { viewer { login } }", [:], "ask who the token is", .acting)
    let login = try data["viewer"].name("login")
    await identity.keep(account: login)
    return login
  }

  /// The owner as GitHub knows it now: filters by `OWNER:BRANCH` do not follow a renaming.
  func owner() async throws(ForgeError) -> String {
    var name = await identity.fullName
    if name == nil { name = try await repository().fullName }
    return name?.split(separator: "/").first.map(String.init) ?? configuration.owner
  }
}

/// What is asked once: who the token is, and what the repository is called now.
actor GitHubIdentity {
  private(set) var account: String?
  private(set) var fullName: String?

  func keep(account: String) { self.account = account }
  func keep(fullName: String) { self.fullName = fullName }
}
