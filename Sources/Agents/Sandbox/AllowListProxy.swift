internal import CPlatform
internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An HTTP proxy on a Unix socket that connects to the hosts of a list and to nothing else.
///
/// It knows `CONNECT host:port` (RFC 9110, section 9.3.6) and requests in absolute form (RFC 9112, section
/// 3.2.2), looks at their first line, and passes the rest on to the host that it names. Where the machine
/// itself has a proxy, that one is asked for one host a connection: see `UpstreamRequest`.
final class AllowListProxy: Sendable {
  /// How many connections there may be at once.
  static let maximumConnections = 128

  private let rules: ProxyRules
  private let listener: Int32
  private let connections = Atomic(0)
  private let refused = Mutex<[String]>([])

  /// Starts it; nil if the socket cannot be made.
  ///
  /// `log` gets a line for the first time that a host is refused.
  init?(_ rules: ProxyRules, log: @escaping @Sendable (String) -> Void) {
    self.rules = rules
    listener = SocketAddress.listenUnix(rules.socket)
    guard listener >= 0 else { return nil }
    let queue = DispatchQueue(label: "orch.proxy")
    queue.async { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
        guard connection >= 0 else { return }
        _ = orch_set_cloexec(connection)
        admit(connection, log)
      }
    }
  }

  /// Takes no more connections.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    unlink(rules.socket)
    rmdir(rules.socket.split(separator: "/").dropLast().map { "/" + $0 }.joined())
  }

  private func admit(_ connection: Int32, _ log: @escaping @Sendable (String) -> Void) {
    guard connections.add(1, ordering: .relaxed).newValue <= Self.maximumConnections else {
      connections.subtract(1, ordering: .relaxed)
      close(connection)
      return
    }
    DispatchQueue(label: "orch.proxy.connection").async { [self] in
      serve(connection, log)
      close(connection)
      connections.subtract(1, ordering: .relaxed)
    }
  }

  private func serve(_ connection: Int32, _ log: (String) -> Void) {
    guard let (head, rest) = HTTPHead.read(connection), let request = ProxyRequest(head: head)
    else {
      return answer(connection, "400 Bad Request", "orch: this is no request to a proxy")
    }
    guard rules.allows(host: request.host, port: request.port) else {
      let place = "\(request.host):\(request.port)"
      if note(place) { log("the sandbox refused a connection to \(place)") }
      return answer(
        connection, "403 Forbidden",
        "orch: '\(place)' is not in the sandbox's list; see 'sandbox.allowed_hosts'")
    }
    if let upstream = rules.upstream {
      let onward = UpstreamRequest(request: request, head: head, upstream: upstream)
      if let problem = onward.run(connection, rest: rest) {
        answer(connection, problem.status, "orch: " + problem.text)
      }
      return
    }
    let target = connectTarget(request)
    guard target >= 0 else {
      return answer(
        connection, "502 Bad Gateway",
        "orch: '\(request.host)' cannot be reached: \(String(cString: strerror(-target)))")
    }
    defer { close(target) }
    if request.isTunnel {
      guard SocketAddress.sendAll(UpstreamRequest.established[...], to: connection),
        SocketAddress.sendAll(rest, to: target)
      else { return }
    } else {
      guard SocketAddress.sendAll(request.originForm(of: head) + rest, to: target) else { return }
    }
    Relay.run(connection, target)
  }

  private func connectTarget(_ request: ProxyRequest) -> Int32 {
    let isNamed = rules.names(host: request.host, port: request.port)
    // A name of the outside that leads to this machine is a trick; an address that is listed is meant.
    let isAddress = request.host.allSatisfy { $0.isHexDigit || ".:".contains($0) }
    let allowsLocal = isNamed && (isAddress || request.host == "localhost")
    return SocketAddress.connectHost(request.host, port: request.port, allowsLocal: allowsLocal)
  }

  /// True the first time that a place is named, for a bounded number of places.
  private func note(_ place: String) -> Bool {
    refused.withLock { places in
      guard places.count < 100, !places.contains(place) else { return false }
      places.append(place)
      return true
    }
  }

  private func answer(_ connection: Int32, _ status: String, _ text: String) {
    let body = text + "\n"
    let answer =
      "HTTP/1.1 \(status)\r\nContent-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n"
      + "Connection: close\r\n\r\n\(body)"
    _ = SocketAddress.sendAll(Array(answer.utf8)[...], to: connection)
  }
}
