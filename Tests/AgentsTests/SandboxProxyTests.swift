import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Agents

@Suite(.scratch, .timeLimit(.minutes(30))) struct `The proxy of a sandbox` {
  let scratch = Scratch.current

  private let rules = ProxyRules(
    socket: "/x",
    hosts: ["api.example.com", "*.files.example", "local:8080", "[::1]:9", "10.0.0.1"])

  @Test(
    arguments: [
      ("api.example.com", 443, true), ("API.Example.com.", 80, true),
      ("api.example.com", 22, false), ("evil-api.example.com", 443, false),
      ("api.example.com.evil", 443, false), ("a.files.example", 443, true),
      ("files.example", 443, false), (".files.example", 443, false), ("local", 8080, true),
      ("local", 443, false), ("::1", 9, true), ("10.0.0.1", 443, true), ("10.0.0.2", 443, false),
      ("", 443, false),
    ])
  func `lets named hosts through, on their ports`(host: String, port: Int, isAllowed: Bool) {
    #expect(rules.allows(host: host, port: port) == isAllowed)
  }

  private func request(_ line: String) -> ProxyRequest? {
    ProxyRequest(head: Array((line + "\r\nHost: other\r\n\r\n").utf8)[...])
  }

  @Test func `reads the host from the first line only`() throws {
    let tunnel = try #require(request("CONNECT api.example.com:443 HTTP/1.1"))
    #expect(tunnel.isTunnel && tunnel.host == "api.example.com" && tunnel.port == 443)
    let plain = try #require(request("POST http://h:81/a?b HTTP/1.1"))
    #expect(!plain.isTunnel && plain.host == "h" && plain.port == 81)
    #expect(request("GET http://h HTTP/1.1")?.port == 80)
    for line in [
      "GET / HTTP/1.1", "CONNECT h HTTP/1.1", "CONNECT u@h:443 HTTP/1.1", "CONNECT h:0 HTTP/1.1",
      "CONNECT h:443", "GET ftp://h/ HTTP/1.1", "CONNECT h:443\u{0}x:443 HTTP/1.1", "",
      "CONNECT  h:443 HTTP/1.1",
    ] {
      #expect(request(line) == nil, "\(line)")
    }
  }

  @Test func `asks the host itself in the form for hosts`() throws {
    let head = Array(
      "GET http://h/a HTTP/1.1\r\nHost: h\r\nProxy-Authorization: x\r\nConnection: keep-alive\r\n\r\n"
        .utf8)[...]
    let text = String(
      decoding: try #require(ProxyRequest(head: head)).originForm(of: head), as: UTF8.self)
    #expect(text == "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
  }

  /// What the proxy at a socket answers to a text.
  private func ask(_ socket: String, _ text: String) -> String {
    let connection = SocketAddress.connectUnix(socket)
    guard connection >= 0 else { return "no connection" }
    defer { close(connection) }
    _ = SocketAddress.sendAll(Array(text.utf8)[...], to: connection)
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = systemRead(connection, &buffer)
      guard count > 0 else { break }
      answer += buffer[..<count]
    }
    return String(decoding: answer, as: UTF8.self)
  }

  @Test func `tunnels, passes on, and refuses`() throws {
    let server = try ModelServer([:])
    let place = "127.0.0.1:\(server.port)"
    let folder = "/tmp/orch-test-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let socket = folder + "/proxy"
    let made = AllowListProxy(
      ProxyRules(socket: socket, hosts: [place, "localtest.invalid"]), log: { _ in })
    let proxy = try #require(made)
    let inner = "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"
    #expect(ask(socket, "CONNECT \(place) HTTP/1.1\r\n\r\n" + inner).hasSuffix("{}"))
    #expect(ask(socket, "GET http://\(place)/v1/models HTTP/1.1\r\n\r\n").hasSuffix("{}"))
    #expect(ask(socket, "CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n").contains("403"))
    #expect(ask(socket, "CONNECT localtest.invalid:443 HTTP/1.1\r\n\r\n").contains("502"))
    #expect(ask(socket, "nonsense\r\n\r\n").contains("400"))
    let long = "GET http://\(place)/\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\n\r\n"
    #expect(ask(socket, long).contains("400"))
    proxy.stop()
    #expect(ask(socket, inner) == "no connection")
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  /// What a proxy behind another one answers to a text, and what reached the other one.
  private func ask(_ text: String, upstream: Upstream) throws -> String {
    let folder = "/tmp/orch-test-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let rules = ProxyRules(
      socket: folder + "/proxy", hosts: ["good.example"], upstream: "127.0.0.1:\(upstream.port)")
    let made = AllowListProxy(rules, log: { _ in })
    let proxy = try #require(made)
    defer { proxy.stop() }
    return ask(folder + "/proxy", text)
  }

  private static let evil = "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"

  @Test(
    arguments: [
      ("GET http://good.example/a HTTP/1.1\r\nHost: evil.example\r\nX: y\r\n\r\n", "", "200 Fine"),
      ("POST http://good.example/a HTTP/1.1\r\nContent-Length: 4\r\n\r\n", "body", "200 Fine"),
      (
        "POST http://good.example/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "",
        "411"
      ),
      ("GET http://good.example/a HTTP/1.1\r\nX: a\n\n", "", "400"),
      ("GET http://good.example/a HTTP/1.1\r\nX: a\r\n b\r\n\r\n", "", "400"),
      ("GET http://good.example/a HTTP/1.1\r\nContent-Length : 0\r\n\r\n", "", "400"),
      (
        "POST http://good.example/a HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 99\r\n\r\n",
        "",
        "400"
      ), ("GET http://evil.example/ HTTP/1.1\r\n\r\n", "", "403"),
    ])
  func `behind another proxy lets one request through and nothing behind it`(
    head: String, body: String, answer: String
  ) throws {
    let upstream = try Upstream(answer: "HTTP/1.1 200 Fine\r\n\r\n")
    defer { upstream.stop() }
    #expect(try ask(head + body + Self.evil, upstream: upstream).contains(answer))
    let taken = upstream.text
    #expect(!taken.contains("evil"), "\(taken)")
    guard answer == "200 Fine" else { return #expect(taken == "") }
    let line = head.prefix { $0 != "\r\n" }.replacingOccurrences(
      of: "example/", with: "example:80/")
    #expect(taken.hasPrefix(line + "\r\nHost: good.example:80\r\n"), "\(taken)")
    #expect(taken.hasSuffix("Connection: close\r\n\r\n" + body), "\(taken)")
  }

  @Test func `behind another proxy joins a tunnel only when it stands`() throws {
    let ask = "CONNECT good.example:443 HTTP/1.1\r\nProxy-Authorization: x\r\n\r\n"
    let refusing = try Upstream(answer: "HTTP/1.1 403 No\r\n\r\n")
    defer { refusing.stop() }
    let refused = try self.ask(ask + Self.evil, upstream: refusing)
    #expect(refused.contains("502") && refused.contains("403 No"), "\(refused)")
    let words = "CONNECT good.example:443 HTTP/1.1\r\nHost: good.example:443\r\n\r\n"
    #expect(refusing.text == words)
    let letting = try Upstream(answer: "HTTP/1.1 200 Tunnel\r\n\r\n")
    defer { letting.stop() }
    let answer = try self.ask(ask + "hello bye", upstream: letting)
    #expect(answer == "HTTP/1.1 200 Connection established\r\n\r\n")
    #expect(letting.text == words + "hello bye")
  }

  @Test func `a name of the outside does not lead to this machine`() {
    // "localhost" is a name here, and not listed as one.
    let status = SocketAddress.connectHost("localhost", port: 1, allowsLocal: false)
    #expect(status == -EACCES)
  }
}

/// A stand-in for the proxy of a company: keeps what it is sent, and answers each connection once.
private final class Upstream: Sendable {
  private let taken = Mutex("")
  private let listener: Int32
  let port: Int

  var text: String { taken.withLock { $0 } }

  init(answer: String) throws {
    let (listener, port) = try #require(SocketAddress.listenLoopback())
    self.listener = listener
    self.port = port
    DispatchQueue(label: "upstream").async { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 8192)
        var isAnswered = false
        while true {
          let count = systemRead(connection, &buffer)
          guard count > 0 else { break }
          let text = String(decoding: buffer[..<count], as: UTF8.self)
          let all = taken.withLock {
            $0 += text
            return $0
          }
          if !isAnswered, all.contains("\r\n\r\n") {
            isAnswered = true
            _ = SocketAddress.sendAll(Array(answer.utf8)[...], to: connection)
            // What is sent behind an answer is still read: it must not be there.
            if !answer.contains("Tunnel") { shutdown(connection, Int32(SHUT_WR)) }
          }
          if all.hasSuffix("bye") { break }
        }
        close(connection)
      }
    }
  }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
