internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// A small HTTP/1 server for webhooks: bounded in connections, time and bytes, and answered at once.
public final class WebhookListener: Sendable {
  /// The most connections at a time; more are closed as they come.
  public static let maximumConnections = 16
  /// How long a connection may take for a request, in seconds: GitHub itself waits no longer for the answer.
  public static let requestSeconds = 10

  /// What answers: whether a request need not be read, and what a whole one comes to.
  ///
  /// Neither may wait for anything.
  public struct Answers: Sendable {
    let early: @Sendable (WebhookRequest) -> WebhookReply?
    let whole: @Sendable (WebhookRequest) -> WebhookReply

    /// Both answers.
    public init(
      early: @escaping @Sendable (WebhookRequest) -> WebhookReply?,
      whole: @escaping @Sendable (WebhookRequest) -> WebhookReply
    ) {
      self.early = early
      self.whole = whole
    }
  }

  /// The port that it listens on.
  public let port: Int
  private let channel: any Channel

  /// Listens; port 0 is any free one.
  ///
  /// Throws `ForgeError.configuration` if that is not possible.
  public init(host: String, port: Int, _ answers: Answers) async throws(ForgeError) {
    let connections = ConnectionCount()
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        guard connections.enter() else { return channel.close() }
        channel.closeFuture.whenComplete { _ in connections.leave() }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(WebhookExchange(answers))
        }
      }
    do {
      channel = try await bootstrap.bind(host: host, port: port).get()
    } catch {
      throw .configuration("cannot listen on \(host):\(port): \(error)")
    }
    self.port = channel.localAddress?.port ?? port
  }

  /// Listens no more.
  public func close() { channel.close(promise: nil) }
}

/// How many connections are open.
private final class ConnectionCount: Sendable {
  private let count = Mutex(0)

  /// False if there are as many as may be.
  func enter() -> Bool {
    count.withLock { count in
      guard count < WebhookListener.maximumConnections else { return false }
      count += 1
      return true
    }
  }

  func leave() { count.withLock { $0 -= 1 } }
}

/// One connection: its requests one after the other.
private final class WebhookExchange: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answers: WebhookListener.Answers
  /// What is being read; nil before it begins, and once it is answered.
  private var request: WebhookRequest?
  private var deadline: Scheduled<Void>?

  init(_ answers: WebhookListener.Answers) { self.answers = answers }

  func channelActive(context: ChannelHandlerContext) {
    limitTime(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): begin(head, context)
    case .body(let piece): read(piece, context)
    case .end:
      guard let whole = request else { return }
      request = nil
      answer(answers.whole(whole), context, isLast: false)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    var headers: [String: [String]] = [:]
    for header in head.headers {
      headers[header.name.lowercased(), default: []].append(header.value)
    }
    let path = String(head.uri.prefix { $0 != "?" })
    let begun = WebhookRequest(
      method: head.method.rawValue, path: path, headers: headers,
      sender: context.remoteAddress?.ipAddress)
    if let reply = answers.early(begun) { return answer(reply, context, isLast: true) }
    request = begun
    guard headers["expect"]?.contains(where: { $0.lowercased() == "100-continue" }) == true else {
      return
    }
    let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
    context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
  }

  private func read(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
    // The rest of what was answered already is passed over.
    request?.body += piece.readableBytesView
    guard let begun = request, begun.body.count > WebhookJudge.maximumBytes else { return }
    request = nil
    answer(answers.whole(begun), context, isLast: true)
  }

  private func answer(
    _ reply: WebhookReply, _ context: ChannelHandlerContext, isLast: Bool
  ) {
    let body = ByteBuffer(string: reply.text + "\n")
    var headers: HTTPHeaders = [
      "Content-Type": "text/plain; charset=utf-8", "Content-Length": "\(body.readableBytes)",
      "X-Content-Type-Options": "nosniff",
    ]
    if reply.status == 405 { headers.add(name: "Allow", value: "POST") }
    if isLast { headers.add(name: "Connection", value: "close") }
    let head = HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    // Who is refused may go on sending until the time is up; then the connection is closed.
    if !isLast { limitTime(context) }
  }

  /// Closes the connection if no whole request comes in time.
  private func limitTime(_ context: ChannelHandlerContext) {
    deadline?.cancel()
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(
      in: .seconds(Int64(WebhookListener.requestSeconds))
    ) { channel.close(promise: nil) }
  }
}
