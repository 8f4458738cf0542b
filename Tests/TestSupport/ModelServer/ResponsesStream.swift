import Foundation
import JSON

/// The Responses service's events for one scripted turn.
enum ResponsesStream {
  /// The number of the model's turns since the last prompt.
  static func turn(of body: JSONValue) -> Int {
    var turn = 0
    for item in body["input"]?.array ?? [] {
      let type = item["type"]?.string ?? "message"
      if type == "message", item["role"] == "user" { turn = 0 }
      if type.hasSuffix("_call") || item["role"] == "assistant" { turn += 1 }
    }
    return turn
  }

  private static func item(_ call: ModelTool.Call?, _ text: String?) -> JSONValue {
    let id = UUID().uuidString
    guard let call else {
      return [
        "id": .string("msg_\(id)"), "type": "message", "status": "completed", "role": "assistant",
        "content": [["type": "output_text", "text": .string(text ?? ""), "annotations": []]],
      ]
    }
    var members: [String: JSONValue] = [
      "status": "completed", "call_id": .string("call_\(id)"), "name": .string(call.name),
    ]
    if let program = call.input.string {
      members["id"] = .string("ctc_\(id)")
      members["type"] = "custom_tool_call"
      members["input"] = .string(program)
    } else {
      members["id"] = .string("fc_\(id)")
      members["type"] = "function_call"
      members["arguments"] = .string(call.input.canonicalText)
    }
    if let group = call.group, group != "functions" { members["namespace"] = .string(group) }
    return .object(members)
  }

  /// The events of a streamed response.
  static func events(model: JSONValue, call: ModelTool.Call?, text: String?) -> [JSONValue] {
    let item = item(call, text)
    func response(_ status: String, _ output: [JSONValue], _ usage: JSONValue) -> JSONValue {
      [
        "id": "resp_1", "object": "response", "created_at": 1_700_000_000,
        "status": .string(status), "model": model, "output": .array(output), "error": .null,
        "incomplete_details": .null, "tools": [], "usage": usage,
      ]
    }
    let usage: JSONValue = [
      "input_tokens": .number(ModelServer.inputTokens),
      "input_tokens_details": ["cached_tokens": 0],
      "output_tokens": .number(ModelServer.outputTokens),
      "output_tokens_details": ["reasoning_tokens": 0],
      "total_tokens": .number(ModelServer.inputTokens + ModelServer.outputTokens),
    ]
    return [
      [
        "type": "response.created", "sequence_number": 0,
        "response": response("in_progress", [], .null),
      ],
      [
        "type": "response.output_item.added", "sequence_number": 1, "output_index": 0,
        "item": item,
      ],
      [
        "type": "response.output_item.done", "sequence_number": 2, "output_index": 0, "item": item,
      ],
      [
        "type": "response.completed", "sequence_number": 3,
        "response": response("completed", [item], usage),
      ],
    ]
  }
}
