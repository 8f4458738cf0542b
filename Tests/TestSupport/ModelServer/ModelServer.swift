import Foundation
public import JSON
import Synchronization

/// A model service on loopback whose answers are scripted: Anthropic Messages and OpenAI Responses, streamed.
///
/// The path `/s/NAME/…` plays the script NAME. Which of its turns is played is counted in the conversation
/// that the request carries, so retries and resumed sessions need no memory here. The forms are those of
/// https://docs.anthropic.com/en/api/messages-streaming and
/// https://platform.openai.com/docs/api-reference/responses-streaming.
public final class ModelServer: Sendable {
  /// Tokens that each turn reports as read.
  public static let inputTokens = 1000
  /// Tokens that each turn reports as written.
  public static let outputTokens = 50

  /// The port on 127.0.0.1.
  public let port: Int
  private let listener: Int32
  private let scripts: [String: [ModelTurn]]
  private let requests = Mutex<[(path: String, body: JSONValue)]>([])

  /// The requests so far: path and body.
  public var seen: [(path: String, body: JSONValue)] { requests.withLock { $0 } }

  /// The address below which a script is played.
  public func address(_ script: String) -> String { "http://127.0.0.1:\(port)/s/\(script)" }

  /// Starts one, which serves as long as this process runs: a program may ask it after its test's last look.
  public init(_ scripts: [String: [ModelTurn]]) throws {
    self.scripts = scripts
    (listener, port) = try LoopbackListener.open()
    let thread = Thread { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        Thread { [self] in
          serve(connection)
          close(connection)
        }.start()
      }
    }
    thread.start()
  }

  private func serve(_ connection: Int32) {
    guard let request = HTTPExchange.read(from: connection) else { return }
    let path = request.path
    let body = (try? JSONValue(parsing: request.body)) ?? .null
    requests.withLock { $0.append((path, body)) }
    let parts = path.split(separator: "/").map(String.init)
    let script = parts.first == "s" && parts.count > 1 ? scripts[parts[1]] ?? [] : []
    let isMessages = path.hasSuffix("/messages")
    guard isMessages || path.hasSuffix("/responses") else {
      return HTTPExchange.answer(connection, status: path.hasSuffix("/models") ? 200 : 404, "{}")
    }
    let tools = ModelTool.offered(body)
    let index = isMessages ? AnthropicStream.turn(of: body) : ResponsesStream.turn(of: body)
    // A request without tools is an aside, such as a title for the session.
    var turn = ModelTurn.say("An aside")
    if !tools.isEmpty { turn = index < script.count ? script[index] : script.last ?? .say("done") }
    switch turn {
    case .drop: return
    case .hang:
      var byte: UInt8 = 0
      while Foundation.read(connection, &byte, 1) > 0 {}
    case .fail(let status, let kind, let message):
      let error: JSONValue = [
        "type": "error",
        "error": ["type": .string(kind), "message": .string(message), "code": .string(kind)],
      ]
      HTTPExchange.answer(connection, status: status, error.canonicalText)
    case .run(let command):
      let call = ModelTool.call(command, tools)
      stream(connection, body, isMessages: isMessages, call: call, text: nil)
    case .say(let text):
      stream(connection, body, isMessages: isMessages, call: nil, text: text)
    }
  }

  private func stream(
    _ connection: Int32, _ body: JSONValue, isMessages: Bool, call: ModelTool.Call?, text: String?
  ) {
    let model = body["model"] ?? "model"
    let events =
      isMessages
      ? AnthropicStream.events(model: model, call: call, text: text)
      : ResponsesStream.events(model: model, call: call, text: text)
    if body["stream"]?.bool != true, isMessages {
      let whole = AnthropicStream.message(model: model, call: call, text: text)
      return HTTPExchange.answer(connection, status: 200, whole.canonicalText)
    }
    HTTPExchange.answer(
      connection, status: 200, type: "text/event-stream",
      events.map { "event: \($0["type"]?.string ?? "")\ndata: \($0.canonicalText)\n\n" }.joined())
  }
}
