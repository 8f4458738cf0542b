import NIOCore
import NIOHTTP1
import NIOPosix

/// A request as the fake got it.
struct FakeRequest: Sendable {
  var method: String
  /// Path and query, as sent.
  var target: String
  /// Values by lower-case name.
  var headers: [String: String]
  var body: [UInt8]

  var path: String { String(target.prefix { $0 != "?" }) }
}

/// What the fake answers, and how badly.
struct FakeReply: Sendable {
  enum Fault: Sendable {
    case none
    /// The connection is cut before anything is sent.
    case drop
    /// The connection is cut after so many bytes of the body.
    case cut(Int)
    /// The head is sent, and the rest never.
    case stall
  }

  var status = 200
  var headers: [(String, String)] = []
  var body: [UInt8] = []
  var fault = Fault.none
  /// Send the body in pieces of this many bytes.
  var pieces = Int.max

  init(_ status: Int = 200, _ body: some Sequence<UInt8> = [], headers: [(String, String)] = []) {
    self.status = status
    self.body = Array(body)
    self.headers = headers
  }
}

/// An HTTP/1 server on a free port of this machine.
final class LoopbackServer: Sendable {
  let port: Int
  private let channel: any Channel

  init(_ respond: @escaping @Sendable (FakeRequest) -> FakeReply) async throws {
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(Exchange(respond))
        }
      }
    channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  deinit { channel.close(promise: nil) }

  /// One connection: requests are answered one after the other.
  private final class Exchange: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let respond: @Sendable (FakeRequest) -> FakeReply
    private var request: FakeRequest?

    init(_ respond: @escaping @Sendable (FakeRequest) -> FakeReply) { self.respond = respond }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        var headers: [String: String] = [:]
        for header in head.headers { headers[header.name.lowercased()] = header.value }
        request = FakeRequest(
          method: head.method.rawValue, target: Self.target(head.uri), headers: headers, body: [])
      case .body(let buffer): request?.body += Array(buffer.readableBytesView)
      case .end:
        guard let request else { return }
        self.request = nil
        send(respond(request), context)
      }
    }

    /// A proxy is asked with the whole address.
    private static func target(_ uri: String) -> String {
      guard uri.hasPrefix("http://") else { return uri }
      return "/" + uri.split(separator: "/", maxSplits: 2).dropFirst(2).joined()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }

    private func send(_ reply: FakeReply, _ context: ChannelHandlerContext) {
      if case .drop = reply.fault { return context.close(promise: nil) }
      var headers = HTTPHeaders(reply.headers.map { ($0.0, $0.1) })
      if reply.status != 204, reply.status != 304 {
        headers.replaceOrAdd(name: "content-length", value: "\(reply.body.count)")
      }
      let head = HTTPResponseHead(
        version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      var rest = reply.body[...]
      if case .cut(let count) = reply.fault { rest = rest.prefix(count) }
      if case .stall = reply.fault { rest = [] }
      while !rest.isEmpty {
        let piece = rest.prefix(reply.pieces)
        context.write(
          wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: nil)
        rest = rest.dropFirst(piece.count)
      }
      switch reply.fault {
      case .none: context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      case .stall: context.flush()
      case .cut, .drop:
        context.flush()
        context.close(promise: nil)
      }
    }
  }
}
