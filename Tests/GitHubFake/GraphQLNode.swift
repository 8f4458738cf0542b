import JSON

/// A value of the fake's GraphQL: what is asked of it decides what is answered.
indirect enum GraphQLNode {
  /// A scalar, an enum's word, or null.
  case leaf(JSONValue)
  /// An object: its type, and its fields by name.
  case object(String, [String: GraphQLField])
  /// Objects page by page; `extra` are fields beside nodes, totalCount and pageInfo.
  case connection([GraphQLNode], extra: [String: GraphQLField] = [:])
  /// A list without pages.
  case list([GraphQLNode])
}

/// A field of an object: the arguments that it knows, and its value for them.
struct GraphQLField {
  var arguments: Set<String> = []
  var value: ([String: JSONValue]) throws -> GraphQLNode

  init(_ value: JSONValue) { self.value = { _ in .leaf(value) } }
  init(_ node: GraphQLNode) { self.value = { _ in node } }
  init(_ arguments: Set<String>, _ value: @escaping ([String: JSONValue]) throws -> GraphQLNode) {
    self.arguments = arguments
    self.value = value
  }
}

/// An error beside the data.
struct GraphQLFailure: Error {
  let type: String
  let message: String
}

/// Answers a selection from nodes, and reports what the types do not know.
struct GraphQLRun {
  private(set) var errors: [JSONValue] = []
  /// Fields and arguments that the types do not have: the client's mistakes.
  private(set) var unknown: [String] = []

  mutating func select(
    _ node: GraphQLNode, _ selections: [GraphQLDocument.Selection], _ path: [String]
  ) -> JSONValue {
    guard case .object(let type, let fields) = node else { return .null }
    var result: [String: JSONValue] = [:]
    for selection in selections {
      switch selection {
      case .inline(let wanted, let inner):
        guard wanted == type else { continue }
        result.merge(select(node, inner, path).members) { $1 }
      case .field(let alias, "__typename", _, _): result[alias] = .string(type)
      case .field(let alias, let name, let arguments, let inner):
        guard let field = fields[name] else {
          unknown.append("Field '\(name)' doesn't exist on type '\(type)'")
          continue
        }
        let allowed = field.arguments.union(["first", "last", "after", "before"])
        for argument in arguments.keys where !allowed.contains(argument) {
          unknown.append("Field '\(type).\(name)' doesn't accept argument '\(argument)'")
        }
        result[alias] = value(field, arguments, inner, path + [alias])
      }
    }
    return .object(result)
  }

  private mutating func value(
    _ field: GraphQLField, _ arguments: [String: JSONValue],
    _ inner: [GraphQLDocument.Selection], _ path: [String]
  ) -> JSONValue {
    do {
      return complete(try field.value(arguments), arguments, inner, path)
    } catch {
      let failure = error as? GraphQLFailure
      errors.append([
        "type": .string(failure?.type ?? "INTERNAL"), "path": .texts(path),
        "message": .string(failure?.message ?? "\(error)"),
      ])
      return .null
    }
  }

  private mutating func complete(
    _ node: GraphQLNode, _ arguments: [String: JSONValue],
    _ inner: [GraphQLDocument.Selection], _ path: [String]
  ) -> JSONValue {
    switch node {
    case .leaf(let value):
      if !inner.isEmpty, !value.isNull { unknown.append("selection on a scalar at \(path)") }
      return value
    case .object:
      if inner.isEmpty { unknown.append("no selection at \(path)") }
      return select(node, inner, path)
    case .list(let nodes): return .array(nodes.map { select($0, inner, path) })
    case .connection(let nodes, let extra):
      return page(nodes, extra, arguments, inner, path)
    }
  }

  private mutating func page(
    _ all: [GraphQLNode], _ extra: [String: GraphQLField], _ arguments: [String: JSONValue],
    _ inner: [GraphQLDocument.Selection], _ path: [String]
  ) -> JSONValue {
    let size = arguments["first"]?.int ?? arguments["last"]?.int ?? -1
    if !(1...100).contains(size) { unknown.append("'first' or 'last' of 1 to 100 at \(path)") }
    var start = Int(arguments["after"]?.string ?? "") ?? 0
    var end = min(all.count, start + max(0, size))
    if arguments["last"] != nil {
      end = min(all.count, Int(arguments["before"]?.string ?? "") ?? all.count)
      start = max(0, end - size)
    }
    let info = GraphQLNode.object(
      "PageInfo",
      [
        "hasNextPage": GraphQLField(.bool(end < all.count)),
        "endCursor": GraphQLField(.string("\(end)")),
        "hasPreviousPage": GraphQLField(.bool(start > 0)),
        "startCursor": GraphQLField(.string("\(start)")),
      ])
    var fields = extra
    fields["nodes"] = GraphQLField(.list(Array(all[start..<max(start, end)])))
    fields["totalCount"] = GraphQLField(.number(all.count))
    fields["pageInfo"] = GraphQLField(info)
    return select(.object("Connection", fields), inner, path)
  }
}
