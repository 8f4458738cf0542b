public import JSON

/// Whom the proxy of a sandbox lets through.
public struct ProxyRules: Sendable, Hashable {
  /// The ports that a host without one stands for.
  static let usualPorts = [80, 443]

  /// The socket that it listens on.
  public var socket: String
  /// Hosts: names, `*.name` for everything below it, each with `:port` if it is not a usual one.
  public var hosts: [String]
  /// The machine's own proxy as `host:port`, which is asked instead of the host; nil if there is none.
  public var upstream: String?

  /// All parts.
  public init(socket: String, hosts: [String], upstream: String? = nil) {
    self.socket = socket
    self.hosts = hosts
    self.upstream = upstream
  }

  /// True if a host and port may be reached.
  public func allows(host: String, port: Int) -> Bool { rule(for: host, port: port) != nil }

  /// True if the list names a host itself: then it may also be an address of this machine.
  func names(host: String, port: Int) -> Bool {
    rule(for: host, port: port).map { !$0.hasPrefix("*.") } ?? false
  }

  private func rule(for host: String, port: Int) -> String? {
    let host = Self.normal(host)
    return hosts.first { rule in
      let (name, wanted) = Self.split(rule)
      guard wanted.map({ $0 == port }) ?? Self.usualPorts.contains(port) else { return false }
      if name.hasPrefix("*.") {
        return host.hasSuffix(name.dropFirst()) && host.count > name.count - 1
      }
      return host == name
    }
  }

  private static func normal(_ host: String) -> String {
    let lower = host.lowercased()
    return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
  }

  /// `host:port` or `[address]:port` as its parts; the port is nil if there is none.
  static func split(_ text: String) -> (host: String, port: Int?) {
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      let host = String(text[text.index(after: text.startIndex)..<end])
      let rest = text[text.index(after: end)...]
      return (normal(host), rest.hasPrefix(":") ? Int(rest.dropFirst()) : nil)
    }
    guard let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon else {
      return (normal(text), nil)
    }
    return (normal(String(text[..<colon])), Int(text[text.index(after: colon)...]))
  }

  /// The proxy that an environment names, without a user's name: those are not passed on.
  static func upstream(of environment: [String: String]) -> String? {
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
      guard var text = environment[name], !text.isEmpty, !text.contains("@") else { continue }
      if text.hasPrefix("http://") { text.removeFirst("http://".count) }
      let (host, port) = split(String(text.prefix { $0 != "/" }))
      if !host.isEmpty, let port { return "\(host):\(port)" }
    }
    return nil
  }

  /// The form in `launch.json`.
  public var json: JSONValue {
    JSONValue.compact([
      "socket": .string(socket), "hosts": .texts(hosts),
      "upstream": upstream.map(JSONValue.string),
    ])
  }

  /// Reads the form in `launch.json`; nil if it is not whole.
  public init?(json: JSONValue) {
    guard let socket = json["socket"]?.string else { return nil }
    self.init(
      socket: socket, hosts: json["hosts"]?.strings ?? [], upstream: json["upstream"]?.string)
  }
}
