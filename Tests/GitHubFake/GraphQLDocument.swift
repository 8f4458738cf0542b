import JSON

/// A GraphQL request: one operation, parsed (GraphQL, October 2021, section 2).
struct GraphQLDocument {
  /// A field of a selection, or a selection for one type only.
  indirect enum Selection {
    case field(alias: String, name: String, arguments: [String: JSONValue], [Selection])
    case inline(type: String, [Selection])
  }

  struct Failure: Error { let text: String }

  var isMutation = false
  var selections: [Selection] = []

  private var tokens: [Substring] = []
  private var position = 0
  let variables: [String: JSONValue]
  private var declared: [String: Bool] = [:]

  init(_ text: String, variables: [String: JSONValue]) throws {
    self.variables = variables
    tokens = try Self.tokens(text)
    if peek == "query" || peek == "mutation" {
      isMutation = next() == "mutation"
      if peek != "(" && peek != "{" { _ = next() }
      if peek == "(" { try declarations() }
    }
    selections = try selectionSet()
    guard position == tokens.count else { throw Failure(text: "text after the operation") }
    for (name, isRequired) in declared where isRequired && variables[name] == nil {
      throw Failure(text: "variable $\(name) is missing")
    }
    for name in variables.keys where declared[name] == nil {
      throw Failure(text: "variable $\(name) is not declared")
    }
  }

  private static func tokens(_ text: String) throws -> [Substring] {
    var result: [Substring] = []
    var rest = text[...]
    while let first = rest.first {
      if first.isWhitespace || first == "," {
        rest = rest.dropFirst()
      } else if rest.hasPrefix("...") {
        result.append(rest.prefix(3))
        rest = rest.dropFirst(3)
      } else if first == "\"" {
        let end = rest.dropFirst().firstIndex(of: "\"") ?? rest.endIndex
        guard end < rest.endIndex else { throw Failure(text: "a text is not closed") }
        result.append(rest[...end])
        rest = rest[rest.index(after: end)...]
      } else if "{}()[]:!$=".contains(first) {
        result.append(rest.prefix(1))
        rest = rest.dropFirst()
      } else {
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        guard !word.isEmpty else { throw Failure(text: "unexpected '\(first)'") }
        result.append(word)
        rest = rest[word.endIndex...]
      }
    }
    return result
  }

  private var peek: Substring { position < tokens.count ? tokens[position] : "" }

  private mutating func next() -> Substring {
    defer { position += 1 }
    return peek
  }

  private mutating func expect(_ token: String) throws {
    let found = next()
    guard found == token else { throw Failure(text: "'\(token)' expected, not '\(found)'") }
  }

  private mutating func declarations() throws {
    try expect("(")
    while peek != ")" {
      try expect("$")
      let name = String(next())
      try expect(":")
      var isRequired = false
      while peek != "$" && peek != ")" && !peek.isEmpty { isRequired = next() == "!" }
      declared[name] = isRequired
    }
    try expect(")")
  }

  private mutating func selectionSet() throws -> [Selection] {
    try expect("{")
    var result: [Selection] = []
    while peek != "}" {
      guard !peek.isEmpty else { throw Failure(text: "a selection is not closed") }
      if peek == "..." {
        _ = next()
        try expect("on")
        result.append(.inline(type: String(next()), try selectionSet()))
        continue
      }
      var name = String(next())
      let alias = name
      if peek == ":" {
        _ = next()
        name = String(next())
      }
      var arguments: [String: JSONValue] = [:]
      if peek == "(" {
        _ = next()
        while peek != ")" {
          let argument = String(next())
          try expect(":")
          arguments[argument] = try value()
        }
        _ = next()
      }
      let inner = peek == "{" ? try selectionSet() : []
      result.append(.field(alias: alias, name: name, arguments: arguments, inner))
    }
    try expect("}")
    return result
  }

  private mutating func value() throws -> JSONValue {
    let token = next()
    switch token {
    case "$":
      let name = String(next())
      guard declared[name] != nil else { throw Failure(text: "$\(name) is not declared") }
      return variables[name] ?? .null
    case "[":
      var elements: [JSONValue] = []
      while peek != "]" { elements.append(try value()) }
      _ = next()
      return .array(elements)
    case "{":
      var members: [String: JSONValue] = [:]
      while peek != "}" {
        let name = String(next())
        try expect(":")
        members[name] = try value()
      }
      _ = next()
      return .object(members)
    case "null": return .null
    case "true", "false": return .bool(token == "true")
    default:
      if let number = Int64(token) { return .int(number) }
      return .string(token.first == "\"" ? String(token.dropFirst().dropLast()) : String(token))
    }
  }
}
