internal import JSON
internal import Workflow

extension AttemptConditions {
  init(json: JSONValue) {
    self.init(
      prompt: json["prompt"]?.string, tools: json["tools"]?.string, base: json["base"]?.string,
      configuration: json["configuration"]?.string, agent: json["agent"]?.string)
  }

  var json: JSONValue {
    JSONValue.compact([
      "prompt": prompt.map(JSONValue.string), "tools": tools.map(JSONValue.string),
      "base": base.map(JSONValue.string),
      "configuration": configuration.map(JSONValue.string), "agent": agent.map(JSONValue.string),
    ])
  }
}
