internal import Forge

/// Which proxy the environment names for an address: the rules of curl and git.
enum ProxyChoice {
  /// The proxy for an address; nil for none, throws `ForgeError.configuration` for one that cannot be used.
  static func proxy(
    for url: String, environment: [String: String]
  ) throws(ForgeError) -> ProxyAddress? {
    let isPlain = url.lowercased().hasPrefix("http://")
    // In upper case a server's caller could set it: HTTP_PROXY is the header "Proxy" of a CGI program.
    let names =
      (isPlain ? ["http_proxy"] : ["https_proxy", "HTTPS_PROXY"]) + ["all_proxy", "ALL_PROXY"]
    guard let name = names.first(where: { environment[$0]?.isEmpty == false }),
      let value = environment[name], !isExempt(host(of: url), environment)
    else { return nil }
    let wanted = value.contains("://") ? value : "http://" + value
    guard wanted.lowercased().hasPrefix("http://") else {
      throw .configuration("'\(name)' names a proxy that is not spoken to by http://")
    }
    let place = wanted.dropFirst("http://".count).prefix { $0 != "/" }
    guard !place.contains("@") else {
      throw .configuration("'\(name)' has a user and a password, which are not supported")
    }
    let colon = place.lastIndex(of: ":")
    let port = colon.map { Int(place[place.index(after: $0)...]) } ?? 1080
    let host = colon.map { place[..<$0] } ?? place
    guard !host.isEmpty, let port, (1...65535).contains(port) else {
      throw .configuration("'\(name)' is not an address of a proxy")
    }
    return ProxyAddress(host: String(host), port: port)
  }

  /// True if `no_proxy` names a host: itself, a domain that it is in, or `*`.
  private static func isExempt(_ host: String, _ environment: [String: String]) -> Bool {
    let list = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
    return list.split { $0 == "," || $0.isWhitespace }.contains { entry in
      let name = entry.prefix { $0 != ":" }.drop { $0 == "." }.lowercased()
      return name == "*" || (!name.isEmpty && (host == name || host.hasSuffix("." + name)))
    }
  }

  private static func host(of url: String) -> String {
    guard let start = url.firstRange(of: "://") else { return "" }
    return url[start.upperBound...].prefix { $0 != "/" && $0 != ":" }.lowercased()
  }
}
