/// The first line of a request to a proxy.
struct ProxyRequest {
  let host: String
  let port: Int
  /// True for `CONNECT`.
  let isTunnel: Bool
  private let method: String
  private let path: String
  private let version: String

  /// Reads the head of a request; nil if it is not one to a proxy.
  init?(head: ArraySlice<UInt8>) {
    let line = head.prefix { $0 != 13 && $0 != 10 }
    // Only printable ASCII: nothing can hide in a line that two programs read differently.
    guard line.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
    let words = String(decoding: line, as: UTF8.self).split(
      separator: " ", omittingEmptySubsequences: false
    ).map(String.init)
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return nil }
    method = words[0]
    version = words[2]
    isTunnel = method == "CONNECT"
    var authority = words[1]
    if isTunnel {
      path = ""
    } else {
      guard authority.lowercased().hasPrefix("http://") else { return nil }
      let rest = authority.dropFirst("http://".count)
      authority = String(rest.prefix { $0 != "/" && $0 != "?" })
      let tail = rest.dropFirst(authority.count)
      path = tail.hasPrefix("/") ? String(tail) : "/" + tail
    }
    guard !authority.contains("@") else { return nil }
    let (host, port) = ProxyRules.split(authority)
    guard !host.isEmpty, let port = port ?? (isTunnel ? nil : 80), (1...65535).contains(port) else {
      return nil
    }
    self.host = host
    self.port = port
  }

  /// The host and port as they are written in an address.
  var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// The first line as another proxy is asked.
  var absoluteLine: String { "\(method) http://\(authority)\(path) HTTP/1.1" }

  /// The head as the host itself is asked: without its name in the first line, and for one request only.
  func originForm(of head: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let lines = String(decoding: head, as: UTF8.self).split(
      separator: "\r\n", omittingEmptySubsequences: true
    ).dropFirst().filter { line in
      let name = line.prefix { $0 != ":" }.lowercased()
      return name != "connection" && !name.hasPrefix("proxy-")
    }
    let text = (["\(method) \(path) \(version)"] + lines.map(String.init) + ["Connection: close"])
      .joined(separator: "\r\n")
    return Array((text + "\r\n\r\n").utf8)[...]
  }
}
