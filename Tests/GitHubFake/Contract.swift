import Foundation
import JSON

/// GitHub's published description of its REST interface: what requests and answers are checked against.
struct Contract: Sendable {
  /// An operation, and what its path's parts are called.
  struct Operation: Sendable {
    let method: String
    let template: [String]
    let json: JSONValue

    var name: String { json["operationId"]?.string ?? "" }
  }

  let operations: [Operation]
  private let schemas: [String: JSONValue]

  static func load() throws -> Contract {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("ForgeTests/Fixtures")
    return try Contract(
      ["github-openapi-subset.json", "github-openapi-apps.json"].map { name in
        try JSONValue(parsing: Array(Data(contentsOf: folder.appendingPathComponent(name))))
      })
  }

  init(_ documents: [JSONValue]) {
    var operations: [Operation] = []
    var schemas: [String: JSONValue] = [:]
    for document in documents {
      schemas.merge(document["components"]?["schemas"]?.members ?? [:]) { $1 }
    }
    for (path, methods) in documents.flatMap({ $0["paths"]?.members ?? [:] }) {
      for (method, json) in methods.members {
        operations.append(
          Operation(
            method: method.uppercased(), template: path.split(separator: "/").map(String.init),
            json: json))
      }
    }
    self.operations = operations
    self.schemas = schemas
  }

  /// The operation of a request and its path's parts; a `ref` at the end takes all that is left.
  func operation(
    _ method: String, _ path: [String]
  ) -> (operation: Operation, parts: [String: String])? {
    for operation in operations where operation.method == method {
      if let parts = Self.match(operation.template, path) { return (operation, parts) }
    }
    return nil
  }

  private static func match(_ template: [String], _ path: [String]) -> [String: String]? {
    var parts: [String: String] = [:]
    for (index, name) in template.enumerated() {
      guard index < path.count else { return nil }
      if name == "{ref}", index == template.count - 1 {
        parts["ref"] = path[index...].joined(separator: "/")
        return parts
      }
      if name.hasPrefix("{") {
        parts[String(name.dropFirst().dropLast())] = path[index]
      } else if name != path[index] {
        return nil
      }
    }
    return path.count == template.count ? parts : nil
  }

  /// What is wrong with a request's query and body.
  func problems(
    _ operation: Operation, query: [String: String], body: JSONValue?
  ) -> [String] {
    var problems: [String] = []
    let parameters = (operation.json["parameters"]?.array ?? []).filter {
      $0["in"]?.string == "query"
    }
    for (name, text) in query {
      guard let parameter = parameters.first(where: { $0["name"]?.string == name }) else {
        problems.append("query '\(name)' is not in the contract")
        continue
      }
      let value = Int64(text).map(JSONValue.int) ?? .string(text)
      let schema = parameter["schema"] ?? .null
      let asText = check(schema, .string(text), "query \(name)", strict: true)
      let asNumber = check(schema, value, "query \(name)", strict: true)
      if !asText.isEmpty && !asNumber.isEmpty { problems += asText }
    }
    let schema = operation.json["requestBody"]?["content"]?["application/json"]?["schema"]
    switch (schema, body) {
    case (let schema?, let body?): problems += check(schema, body, "body", strict: true)
    case (nil, .some): problems.append("a body for an operation without one")
    case (.some, nil) where operation.json["requestBody"]?["required"]?.bool ?? false:
      problems.append("a body is required")
    default: break
    }
    return problems
  }

  /// The schema of an answer; nil if the contract has no such status, `.null` if it has no body.
  func answerSchema(_ operation: Operation, status: Int) -> JSONValue? {
    guard let answer = operation.json["responses"]?["\(status)"] else { return nil }
    return answer["content"]?["application/json"]?["schema"] ?? .null
  }

  private func resolved(_ schema: JSONValue) -> JSONValue {
    var schema = schema
    while let name = schema["$ref"]?.string?.split(separator: "/").last {
      schema = schemas[String(name)] ?? .null
    }
    return schema
  }

  /// What is wrong with a value; `strict` also names members that the schema does not know.
  func check(
    _ schema: JSONValue, _ value: JSONValue, _ place: String, strict: Bool = false
  ) -> [String] {
    let schema = resolved(schema)
    for key in ["anyOf", "oneOf"] {
      guard let choices = schema[key]?.array else { continue }
      let tries = choices.map { check($0, value, place, strict: strict) }
      return tries.min { $0.count < $1.count } ?? []
    }
    var problems: [String] = []
    if let constant = schema["const"], constant != value { problems.append("\(place): not const") }
    if let words = schema["enum"]?.array, !words.contains(value) {
      problems.append("\(place): \(value.canonicalText) is not one of the known")
    }
    let types = schema["type"]?.array ?? schema["type"].map { [$0] } ?? []
    if !types.isEmpty, !types.contains(where: { Self.has($0.string ?? "", value) }) {
      return problems + ["\(place): \(value.canonicalText.prefix(40)) is no \(types)"]
    }
    switch value {
    case .string(let text):
      if text.count > schema["maxLength"]?.int ?? .max { problems.append("\(place): too long") }
      if text.count < schema["minLength"]?.int ?? 0 { problems.append("\(place): too short") }
    case .array(let elements):
      if let items = schema["items"] {
        for (index, element) in elements.enumerated() {
          problems += check(items, element, "\(place)[\(index)]", strict: strict)
        }
      }
    case .object(let members):
      problems += check(schema, members, place, strict: strict)
    default: break
    }
    return problems
  }

  private func check(
    _ schema: JSONValue, _ members: [String: JSONValue], _ place: String, strict: Bool
  ) -> [String] {
    var problems: [String] = []
    let properties = schema["properties"]?.members ?? [:]
    for name in schema["required"]?.array ?? [] where members[name.string ?? ""] == nil {
      problems.append("\(place).\(name.string ?? ""): required")
    }
    for (name, value) in members {
      if let property = properties[name] {
        problems += check(property, value, "\(place).\(name)", strict: strict)
      } else if strict, !properties.isEmpty {
        problems.append("\(place).\(name): unknown")
      }
    }
    return problems
  }

  private static func has(_ type: String, _ value: JSONValue) -> Bool {
    switch (type, value) {
    case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool),
      ("null", .null), ("integer", .int), ("number", .int), ("number", .double):
      true
    default: false
    }
  }

  /// The value with every required member that it lacks, so that an answer is whole.
  func complete(_ schema: JSONValue, _ value: JSONValue, depth: Int = 0) -> JSONValue {
    let schema = resolved(schema)
    for key in ["anyOf", "oneOf"] {
      guard let choices = schema[key]?.array else { continue }
      let fitting = choices.first {
        switch (value, resolved($0)["type"]?.string) {
        case (.object, "object"), (.array, "array"): true
        default: false
        }
      }
      return fitting.map { complete($0, value, depth: depth) } ?? value
    }
    switch value {
    case .array(let elements):
      return .array(elements.map { complete(schema["items"] ?? .null, $0, depth: depth + 1) })
    case .object(var members):
      let properties = schema["properties"]?.members ?? [:]
      for (name, property) in properties {
        if let known = members[name] {
          members[name] = complete(property, known, depth: depth + 1)
        } else if schema["required"]?.array?.contains(.string(name)) ?? false {
          members[name] = blank(property, name, depth: depth + 1)
        }
      }
      return .object(members)
    default: return value
    }
  }

  private func blank(_ schema: JSONValue, _ name: String, depth: Int) -> JSONValue {
    let schema = resolved(schema)
    if let choices = schema["anyOf"]?.array ?? schema["oneOf"]?.array, let first = choices.first {
      let isNullable = choices.contains { resolved($0)["type"]?.string == "null" }
      return isNullable ? .null : blank(first, name, depth: depth)
    }
    if let constant = schema["const"] { return constant }
    if let first = schema["enum"]?.array?.first { return first }
    let type = schema["type"]?.string ?? schema["type"]?.array?.first?.string
    switch type {
    case "string":
      return schema["format"]?.string == "date-time"
        ? "2026-01-01T00:00:00Z"
        : .string(String(repeating: "x", count: schema["minLength"]?.int ?? 0))
    case "integer", "number": return 0
    case "boolean": return false
    case "array": return []
    case "object": return depth < 8 ? complete(schema, .object([:]), depth: depth) : .object([:])
    default: return .null
    }
  }
}

extension JSONValue {
  /// The members of an object; none for anything else.
  var members: [String: JSONValue] {
    if case .object(let members) = self { members } else { [:] }
  }
}
