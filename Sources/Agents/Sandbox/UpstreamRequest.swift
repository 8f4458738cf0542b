#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A request that is passed on to the machine's own proxy, which would serve any other one as well.
///
/// So nothing of the worker's reaches that proxy as a request but the one that was looked at: a tunnel is asked
/// for in orch's own words and joined only when it stands; any other request goes up with a head that orch
/// wrote, with as many bytes of a body as it says, and with nothing after it.
struct UpstreamRequest {
  /// Why a request was not passed on.
  struct Problem {
    let status: String
    let text: String
  }

  /// What a client hears when its tunnel stands.
  static let established = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
  /// Fields that are for one connection only (RFC 9110, section 7.6.1), and those that are said anew.
  private static let leftOut: Set = [
    "connection", "keep-alive", "te", "trailer", "upgrade", "host", "content-length",
  ]

  let request: ProxyRequest
  let head: ArraySlice<UInt8>
  /// The machine's proxy as `host:port`.
  let upstream: String

  /// Carries it out for a client's connection, which closes neither; `rest` came behind the head.
  ///
  /// Returns what to tell the client if nothing was said to it yet.
  func run(_ client: Int32, rest: ArraySlice<UInt8>) -> Problem? {
    let (host, port) = ProxyRules.split(upstream)
    let target = SocketAddress.connectHost(host, port: port ?? 0, allowsLocal: true)
    guard target >= 0 else {
      return Problem(
        status: "502 Bad Gateway",
        text: "the proxy '\(upstream)' cannot be reached: \(String(cString: strerror(-target)))")
    }
    defer { close(target) }
    return request.isTunnel ? tunnel(client, target, rest) : pass(client, target, rest)
  }

  private func tunnel(_ client: Int32, _ target: Int32, _ rest: ArraySlice<UInt8>) -> Problem? {
    let authority = request.authority
    let words = "CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n\r\n"
    guard SocketAddress.sendAll(Array(words.utf8)[...], to: target),
      let (answer, first) = HTTPHead.read(target)
    else { return Problem(status: "502 Bad Gateway", text: "the proxy '\(upstream)' is silent") }
    let line = String(decoding: answer.prefix { $0 != 13 }, as: UTF8.self)
    let code = line.split(separator: " ").dropFirst().first ?? ""
    guard line.hasPrefix("HTTP/1."), code.count == 3, code.hasPrefix("2") else {
      return Problem(
        status: "502 Bad Gateway", text: "the proxy '\(upstream)' refused \(authority): \(line)")
    }
    guard SocketAddress.sendAll(Self.established + first, to: client),
      SocketAddress.sendAll(rest, to: target)
    else { return nil }
    Relay.run(client, target)
    return nil
  }

  private func pass(_ client: Int32, _ target: Int32, _ rest: ArraySlice<UInt8>) -> Problem? {
    guard let fields = HTTPHead.fields(head) else {
      return Problem(status: "400 Bad Request", text: "the head of this request is not plain")
    }
    if fields.contains(where: { $0.name == "transfer-encoding" }) {
      return Problem(status: "411 Length Required", text: "say how long the body is")
    }
    let lengths = fields.filter { $0.name == "content-length" }.map(\.value)
    let length = lengths.isEmpty ? 0 : Self.length(lengths)
    guard let length else {
      return Problem(status: "400 Bad Request", text: "the length of the body is not plain")
    }
    let kept = fields.filter { !Self.leftOut.contains($0.name) && !$0.name.hasPrefix("proxy-") }
    let lines =
      [request.absoluteLine, "Host: \(request.authority)"]
      + kept.map { "\($0.name): \($0.value)" }
      + (lengths.isEmpty ? [] : ["Content-Length: \(length)"]) + ["Connection: close"]
    let words = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    guard SocketAddress.sendAll(words + rest.prefix(length), to: target) else { return nil }
    // An answer may come before the body has gone: what cannot be sent does not matter then.
    _ = Relay.copy(client, to: target, count: length - min(length, rest.count))
    Relay.copyAll(target, to: client)
    return nil
  }

  /// The one length that is said; nil if there are several or it is no number.
  private static func length(_ values: [String]) -> Int? {
    let value = values[0]
    let digits = value.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return values.count == 1 && digits ? Int(value) : nil
  }
}
