import JSON

/// The tools that a program offers to the model, and a command as a call of one of them.
enum ModelTool {
  /// A call as the model makes it.
  struct Call {
    var name: String
    /// The arguments as an object, or the text of a free-form tool.
    var input: JSONValue
    /// The group of tools that it belongs to, if it is in one.
    var group: String?
  }

  /// Every tool of a request, also those that stand in its input, each with its group as `group`.
  static func offered(_ body: JSONValue) -> [JSONValue] {
    var tools = body["tools"]?.array ?? []
    for item in body["input"]?.array ?? [] where item["type"] == "additional_tools" {
      tools += item["tools"]?.array ?? []
    }
    return tools.flatMap { tool -> [JSONValue] in
      guard tool["type"] == "namespace" else { return [tool] }
      return (tool["tools"]?.array ?? []).map { inner in
        var members = inner.object ?? [:]
        members["group"] = tool["name"]
        return .object(members)
      }
    }
  }

  /// A shell command as a call of the first tool that runs commands.
  static func call(_ command: String, _ tools: [JSONValue]) -> Call? {
    func tool(_ name: String) -> JSONValue? { tools.first { $0["name"]?.string == name } }
    if tool("Bash") != nil {
      return Call(
        name: "Bash", input: ["command": .string(command), "description": "A scripted step"])
    }
    for (name, key) in [("exec_command", "cmd"), ("shell_command", "command")] {
      guard let found = tool(name) else { continue }
      return Call(name: name, input: [key: .string(command)], group: found["group"]?.string)
    }
    if tool("shell") != nil {
      return Call(name: "shell", input: ["command": ["bash", "-lc", .string(command)]])
    }
    // A free-form tool that takes a program, in which commands are a function.
    guard let free = tool("exec") else { return nil }
    let quoted = JSONValue.string(command).canonicalText
    return Call(
      name: "exec",
      input: .string("text(JSON.stringify(await tools.exec_command({cmd: \(quoted)})))"),
      group: free["group"]?.string)
  }
}
