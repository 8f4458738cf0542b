import Foundation
import JSON

/// The Messages service's events for one scripted turn.
enum AnthropicStream {
  /// The number of the model's turns since the last prompt.
  static func turn(of body: JSONValue) -> Int {
    var turn = 0
    for message in body["messages"]?.array ?? [] {
      if message["role"] == "assistant" {
        turn += 1
      } else {
        let blocks = message["content"]?.array ?? []
        if !blocks.contains(where: { $0["type"] == "tool_result" }) { turn = 0 }
      }
    }
    return turn
  }

  private static func usage(output: Int) -> JSONValue {
    [
      "input_tokens": .number(ModelServer.inputTokens), "output_tokens": .number(output),
      "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
    ]
  }

  private static func block(_ call: ModelTool.Call?, _ text: String?) -> JSONValue {
    guard let call else { return ["type": "text", "text": .string(text ?? "")] }
    return [
      "type": "tool_use", "id": .string("toolu_\(UUID().uuidString)"), "name": .string(call.name),
      "input": call.input,
    ]
  }

  /// The whole message, for a request that does not stream.
  static func message(model: JSONValue, call: ModelTool.Call?, text: String?) -> JSONValue {
    [
      "id": .string("msg_\(UUID().uuidString)"), "type": "message", "role": "assistant",
      "model": model, "content": [block(call, text)], "stop_sequence": .null,
      "stop_reason": call == nil ? "end_turn" : "tool_use",
      "usage": usage(output: ModelServer.outputTokens),
    ]
  }

  /// The events of a streamed message.
  static func events(model: JSONValue, call: ModelTool.Call?, text: String?) -> [JSONValue] {
    let whole = message(model: model, call: call, text: text)
    var start = whole.object ?? [:]
    start["content"] = []
    start["stop_reason"] = .null
    start["usage"] = usage(output: 1)
    var opened = block(call, text).object ?? [:]
    var delta: JSONValue = ["type": "text_delta", "text": .string(text ?? "")]
    if let call {
      opened["input"] = [:]
      delta = ["type": "input_json_delta", "partial_json": .string(call.input.canonicalText)]
    } else {
      opened["text"] = ""
    }
    return [
      ["type": "message_start", "message": .object(start)],
      ["type": "content_block_start", "index": 0, "content_block": .object(opened)],
      ["type": "content_block_delta", "index": 0, "delta": delta],
      ["type": "content_block_stop", "index": 0],
      [
        "type": "message_delta",
        "delta": ["stop_reason": whole["stop_reason"] ?? .null, "stop_sequence": .null],
        "usage": usage(output: ModelServer.outputTokens),
      ],
      ["type": "message_stop"],
    ]
  }
}
