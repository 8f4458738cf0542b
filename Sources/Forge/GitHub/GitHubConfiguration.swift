/// Which repository of which GitHub, and how it is spoken to.
public struct GitHubConfiguration: Sendable, Hashable {
  /// The base URL of REST; GitHub's own, or `https://HOST/api/v3` of a GitHub Enterprise.
  public var api: String
  /// Who owns the repository.
  public var owner: String
  /// The repository's name.
  public var name: String
  /// What carries all connections.
  public var proxy: ProxyAddress?
  /// How long one request may take, in seconds.
  public var timeoutSeconds = 30
  /// How long reading a log may take, in seconds.
  public var logTimeoutSeconds = 300
  /// How often checks are asked for by surveys.
  public var pace = SurveyPace()
  /// How the program names itself; GitHub answers none without a name.
  public var userAgent = "orch"

  /// A repository, `owner/name`; `api` nil is GitHub's own, and `.configuration` is thrown for nonsense.
  public init(repository: String, api: String? = nil) throws(ForgeError) {
    let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
    let isName = { (part: Substring) in
      !part.isEmpty && part != "." && part != ".."
        && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }
    guard parts.count == 2, parts.allSatisfy(isName) else {
      throw .configuration("'\(repository)' is not a repository as in 'owner/name'")
    }
    owner = String(parts[0])
    name = String(parts[1])
    self.api = api ?? GitHubEndpoint.standard
    _ = try GitHubEndpoint(self.api)
  }
}
