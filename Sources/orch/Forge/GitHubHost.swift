/// Which GitHub is spoken to, and which tokens and remotes belong to it.
///
/// A token of one GitHub is never sent to another: the rules are those of the gh program.
struct GitHubHost: Sendable, Hashable {
  /// The host of the web pages and of git: `github.com`, or an Enterprise's, with its port if it has one.
  let name: String

  /// GitHub's own.
  static let standard = "github.com"

  /// The GitHub of an interface's address; nil is GitHub's own.
  init(api: String?) {
    guard let api, let start = api.firstRange(of: "://") else {
      name = Self.standard
      return
    }
    let host = api[start.upperBound...].prefix { $0 != "/" }.lowercased()
    let bare = host.hasSuffix(":443") ? String(host.dropLast(4)) : host
    // GitHub's own and its data-resident ones have the interface beside the pages: api.github.com.
    let isCloud = bare == "api.github.com" || (bare.hasPrefix("api.") && bare.hasSuffix(".ghe.com"))
    name = isCloud ? String(bare.dropFirst("api.".count)) : bare
  }

  /// True if it is run by GitHub itself.
  var isCloud: Bool { name == Self.standard || name.hasSuffix(".ghe.com") }

  /// The variables that a token is read from, the first one that is set.
  var tokenVariables: [String] {
    ["ORCH_GITHUB_TOKEN"]
      + (isCloud
        ? ["GH_TOKEN", "GITHUB_TOKEN"] : ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"])
  }

  /// The arguments with which the gh program says its token for this host.
  var programArguments: [String] { ["auth", "token", "--hostname", name] }

  /// What git's credential helpers are asked.
  var credentialQuestion: String { "protocol=https\nhost=\(name)\n\n" }

  /// True if a remote's URL may be this GitHub's: its host, or a name without a dot, which ssh knows.
  func owns(remote url: String) -> Bool {
    guard let host = Self.host(ofRemote: url) else { return false }
    return isNamed(host) || !host.contains(".")
  }

  /// True for a host, without its port, under which git finds this GitHub.
  func isNamed(_ host: String) -> Bool {
    let own = name.prefix { $0 != ":" }.lowercased()
    return [own, "ssh." + own, "www." + own].contains(host)
  }

  /// The host of a remote's URL if ssh is to find it; nil for others, and for what ssh would not take for a host.
  static func sshHost(ofRemote url: String) -> String? {
    let scheme = url.firstRange(of: "://").map { url[..<$0.lowerBound].lowercased() }
    guard scheme == nil || scheme?.contains("ssh") == true, let host = host(ofRemote: url),
      !host.hasPrefix("-")
    else { return nil }
    return host
  }

  /// The host of a remote's URL without its port: of `git@github.com:owner/name.git` and of
  /// `ssh://git@github.com:22/owner/name`; nil if it is a path.
  static func host(ofRemote url: String) -> String? {
    let url = url.filter { !$0.isWhitespace }
    var rest = url[...]
    if let scheme = url.firstRange(of: "://") {
      rest = url[scheme.upperBound...].prefix { $0 != "/" }
    } else {
      guard let colon = url.firstIndex(of: ":") else { return nil }
      rest = url[..<colon]
      if rest.contains("/") { return nil }
    }
    if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    let host = rest.prefix { $0 != ":" }
    return host.isEmpty ? nil : host.lowercased()
  }
}
