internal import JSON

/// One argument of a tool that an agent may call.
struct ToolParameter: Sendable, Hashable {
  /// What a value may be.
  enum Kind: Sendable, Hashable {
    /// A text.
    case text
    /// One of some words.
    case choice([String])
    /// A whole number in a range.
    case number(ClosedRange<Int>)
    /// Texts.
    case texts
  }

  /// Where its value stands in the command.
  enum Place: Sendable, Hashable {
    /// A word behind the options.
    case word
    /// The value of an option, as in `--body=…`; of several values each has its own.
    case option(String)
  }

  /// The longest text, in bytes: less than a system takes for one word of a command.
  static let maximumBytes = 65_536
  /// The most texts of a list.
  static let maximumTexts = 50

  let name: String
  let kind: Kind
  let place: Place
  let isRequired: Bool
  let meaning: String

  /// A value that must be given and is a word of the command.
  static func word(_ name: String, _ meaning: String, _ kind: Kind = .text) -> ToolParameter {
    ToolParameter(name: name, kind: kind, place: .word, isRequired: true, meaning: meaning)
  }

  /// A value that may be given, for an option of the same name or of another.
  static func option(
    _ name: String, _ meaning: String, _ kind: Kind = .text, flag: String? = nil,
    isRequired: Bool = false
  ) -> ToolParameter {
    ToolParameter(
      name: name, kind: kind, place: .option("--" + (flag ?? name)), isRequired: isRequired,
      meaning: meaning)
  }

  /// Its part of the tool's JSON Schema.
  var schema: JSONValue {
    switch kind {
    case .text: ["type": "string", "description": .string(meaning)]
    case .choice(let words):
      ["type": "string", "enum": .texts(words), "description": .string(meaning)]
    case .number(let range):
      [
        "type": "integer", "minimum": .number(range.lowerBound),
        "maximum": .number(range.upperBound), "description": .string(meaning),
      ]
    case .texts:
      ["type": "array", "items": ["type": "string"], "description": .string(meaning)]
    }
  }

  /// The words of the command for a value; throws `ToolError` for one that does not fit.
  func words(_ value: JSONValue) throws(ToolError) -> [String] {
    let texts: [String]
    switch (kind, value) {
    case (.text, .string(let text)): texts = [text]
    case (.choice(let known), .string(let text)):
      guard known.contains(text) else {
        throw .badArgument(name, "must be one of \(known.joined(separator: ", "))")
      }
      texts = [text]
    case (.number(let range), _):
      guard let number = value.int, range.contains(number) else {
        throw .badArgument(
          name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      texts = [String(number)]
    case (.texts, .array(let values)):
      texts = values.compactMap(\.string)
      guard texts.count == values.count, texts.count <= Self.maximumTexts else {
        throw .badArgument(name, "must be a list of at most \(Self.maximumTexts) texts")
      }
    case (.text, _), (.choice, _): throw .badArgument(name, "must be a text")
    case (.texts, _): throw .badArgument(name, "must be a list of texts")
    }
    for text in texts {
      guard text.utf8.count <= Self.maximumBytes, !text.utf8.contains(0) else {
        throw .badArgument(name, "is longer than \(Self.maximumBytes) bytes, or has a zero byte")
      }
    }
    switch place {
    case .word: return texts
    case .option(let flag): return texts.map { "\(flag)=\($0)" }
    }
  }
}

/// Why a tool could not be called as it was asked for.
enum ToolError: Error, Sendable, Hashable {
  /// There is no such tool.
  case unknown(String)
  /// A value that must be given is missing.
  case missing(String)
  /// There is no such value.
  case unknownArgument(String, known: [String])
  /// A value does not fit.
  case badArgument(String, String)

  /// What to tell the agent.
  var sentence: String {
    switch self {
    case .unknown(let name): "there is no tool '\(name)'"
    case .missing(let name): "'\(name)' is missing"
    case .unknownArgument(let name, let known):
      "there is no '\(name)'; there is \(known.joined(separator: ", "))"
    case .badArgument(let name, let why): "'\(name)' \(why)"
    }
  }
}
