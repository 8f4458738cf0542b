internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOPosix
internal import NIOSSL

/// One request as it goes over the wire.
struct HTTPCall: Sendable {
  /// `GET`, `POST`, ...
  var method = "GET"
  /// The absolute URL.
  var url: String
  /// Names and values.
  var headers: [(name: String, value: String)] = []
  /// The body; nil sends none.
  var body: [UInt8]?
  /// How long all of it may take, in seconds.
  var timeoutSeconds: Int
}

/// The head of an answer.
struct HTTPHead: Sendable {
  /// The status code.
  var status: Int
  /// Values by lower-case name; of repeated ones the last.
  var headers: [String: String]
}

/// Why no whole answer came.
enum TransportError: Error, Sendable, Hashable {
  /// Nothing was sent.
  case notSent(String)
  /// The connection broke on the way.
  case broken(String)
  /// It took too long.
  case timedOut
  /// The reader had enough.
  case tooLarge
  /// The task was cancelled.
  case cancelled
}

/// Connections over async-http-client: pooled, with TLS, without redirects, logs or retries of its own.
final class HTTPTransport: Sendable {
  private let client: HTTPClient

  /// How long making a connection may take, in seconds.
  static let connectSeconds = 10
  /// How long a connection may be silent, in seconds.
  static let silenceSeconds = 60

  /// Connections of their own; `proxy` carries all of them if there is one.
  init(proxy: ProxyAddress?) {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout = .init(
      connect: .seconds(Int64(Self.connectSeconds)), read: .seconds(Int64(Self.silenceSeconds)))
    configuration.decompression = .enabled(limit: .size(ForgeLimits.logBytes))
    configuration.connectionPool.retryConnectionEstablishment = false
    if let proxy { configuration.proxy = .server(host: proxy.host, port: proxy.port) }
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  // Connections close in the background; the client keeps itself alive until they have.
  deinit { client.shutdown { _ in } }

  /// Sends a request and hands the body on, piece by piece, until `take` says that it is enough.
  func send<State: Sendable>(
    _ call: HTTPCall, _ initial: State,
    take: @escaping @Sendable (inout State, UnsafeRawBufferPointer, HTTPHead) -> Bool
  ) async throws(TransportError) -> (head: HTTPHead, state: State) {
    do {
      return try await withThrowingTaskGroup(of: (HTTPHead, State)?.self) { group in
        group.addTask { try await self.exchange(call, initial, take) }
        group.addTask {
          try await Task.sleep(for: .seconds(call.timeoutSeconds))
          return nil
        }
        let first = try await group.next() ?? nil
        group.cancelAll()
        guard let first else { throw TransportError.timedOut }
        return first
      }
    } catch let error as TransportError {
      throw error
    } catch {
      throw Self.explain(error)
    }
  }

  /// Sends a request and collects the body, at most so many bytes.
  func collect(
    _ call: HTTPCall, maximumBytes: Int
  ) async throws(TransportError) -> (head: HTTPHead, body: [UInt8]) {
    let (head, body) = try await send(call, [UInt8]()) { body, piece, _ in
      body.append(contentsOf: piece)
      return body.count <= maximumBytes
    }
    guard body.count <= maximumBytes else { throw .tooLarge }
    return (head, body)
  }

  private func exchange<State: Sendable>(
    _ call: HTTPCall, _ initial: State,
    _ take: @Sendable (inout State, UnsafeRawBufferPointer, HTTPHead) -> Bool
  ) async throws -> (HTTPHead, State) {
    var request = HTTPClientRequest(url: call.url)
    request.method = HTTPMethod(rawValue: call.method)
    for header in call.headers { request.headers.add(name: header.name, value: header.value) }
    if let body = call.body { request.body = .bytes(body) }
    let response = try await client.execute(request, timeout: .seconds(Int64(call.timeoutSeconds)))
    var headers: [String: String] = [:]
    for header in response.headers { headers[header.name.lowercased()] = header.value }
    let head = HTTPHead(status: Int(response.status.code), headers: headers)
    var state = initial
    for try await buffer in response.body {
      let isWanted = buffer.withUnsafeReadableBytes { take(&state, $0, head) }
      if !isWanted { break }
    }
    return (head, state)
  }

  private static func explain(_ error: any Error) -> TransportError {
    switch error {
    case is CancellationError: .cancelled
    case let error as HTTPClientError where error == .cancelled: .cancelled
    case let error as HTTPClientError where error == .deadlineExceeded: .timedOut
    case let error as HTTPClientError where error == .readTimeout: .timedOut
    case let error as HTTPClientError where unsent.contains(error): .notSent("\(error)")
    case let error as NIOConnectionError: .notSent("no connection to port \(error.port)")
    case is NIOSSLError, is NIOSSLExtraError: .notSent("the TLS connection failed: \(error)")
    case let error as IOError where error.errnoCode == ECONNREFUSED:
      .notSent("the connection was refused")
    default: .broken("\(error)")
    }
  }

  private static let unsent: [HTTPClientError] = [
    .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .proxyAuthenticationRequired,
    .invalidProxyResponse, .invalidURL, .emptyHost, .getConnectionFromPoolTimeout,
  ]
}

/// Where an HTTP proxy listens.
public struct ProxyAddress: Sendable, Hashable {
  /// Name or address.
  public let host: String
  /// The TCP port.
  public let port: Int

  /// All parts.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }
}
