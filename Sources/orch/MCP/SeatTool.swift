internal import JSON

/// A tool that an agent in the orchestrator's seat may call: a command of orch, and nothing that the command line has not.
struct SeatTool: Sendable, Hashable {
  /// What a client may assume when it asks its person for permission.
  enum Nature: Sendable, Hashable {
    /// It changes nothing.
    case looks
    /// It adds something.
    case adds
    /// It ends something.
    case ends
  }

  /// The name that the client calls it by.
  let name: String
  /// What it does and when to use it, in a sentence or two.
  let meaning: String
  /// What it does to the state.
  let nature: Nature
  /// The words of the command, as in `task add`.
  let command: [String]
  /// Its arguments, words in the order of the command.
  var parameters: [ToolParameter] = []
  /// Options that are always given.
  var fixed: [String] = []

  /// The tool as `tools/list` describes it.
  var description: JSONValue {
    let properties = Dictionary(parameters.map { ($0.name, $0.schema) }) { first, _ in first }
    let required = parameters.filter(\.isRequired).map(\.name)
    var schema: [String: JSONValue] = [
      "type": "object", "properties": .object(properties), "additionalProperties": false,
    ]
    if !required.isEmpty { schema["required"] = .texts(required) }
    return [
      "name": .string(name), "description": .string(meaning), "inputSchema": .object(schema),
      "annotations": [
        "readOnlyHint": .bool(nature == .looks), "destructiveHint": .bool(nature == .ends),
        "openWorldHint": false,
      ],
    ]
  }

  /// The command line for some arguments; throws `ToolError`.
  ///
  /// What an agent says stands behind `--` or behind an `=`: nothing of it can be taken for an option.
  func words(_ arguments: JSONValue?, folder: String) throws(ToolError) -> [String] {
    let given = arguments?.object ?? [:]
    let known = parameters.map(\.name)
    if let unknown = given.keys.sorted().first(where: { !known.contains($0) }) {
      throw .unknownArgument(unknown, known: known)
    }
    var options: [String] = []
    var words: [String] = []
    for parameter in parameters {
      guard let value = given[parameter.name], !value.isNull else {
        if parameter.isRequired { throw .missing(parameter.name) }
        continue
      }
      switch parameter.place {
      case .word: words += try parameter.words(value)
      case .option: options += try parameter.words(value)
      }
    }
    return command + ["-C", folder] + fixed + options + (words.isEmpty ? [] : ["--"] + words)
  }
}
