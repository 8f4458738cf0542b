internal import JSON

/// A message of JSON-RPC 2.0 as the Model Context Protocol uses it.
enum ContextMessage: Sendable, Hashable {
  /// A call that wants an answer.
  case request(id: JSONValue, method: String, parameters: JSONValue)
  /// A call that wants none.
  case notification(method: String, parameters: JSONValue)
  /// An answer to a request: this server makes none, so it is passed over.
  case answer

  /// Reads one; throws `ContextError` with the id that its answer bears.
  init(_ json: JSONValue) throws(ContextError) {
    guard json.object != nil else { throw .invalid(id: .null, "a message is an object") }
    let id = json["id"]
    guard json["jsonrpc"]?.string == "2.0" else {
      throw .invalid(id: Self.usable(id) ?? .null, "'jsonrpc' must be \"2.0\"")
    }
    guard let method = json["method"]?.string else {
      if json["result"] != nil || json["error"] != nil {
        self = .answer
        return
      }
      throw .invalid(id: Self.usable(id) ?? .null, "'method' is missing")
    }
    let parameters = json["params"] ?? .object([:])
    guard let id else {
      self = .notification(method: method, parameters: parameters)
      return
    }
    guard let usable = Self.usable(id) else {
      throw .invalid(id: .null, "'id' must be a text or a whole number")
    }
    guard parameters.object != nil else {
      throw .invalid(id: usable, "'params' must be an object")
    }
    self = .request(id: usable, method: method, parameters: parameters)
  }

  private static func usable(_ id: JSONValue?) -> JSONValue? {
    switch id {
    case .string, .int: id
    default: nil
    }
  }
}

/// Why a message gets an error for an answer.
enum ContextError: Error, Sendable, Hashable {
  /// It is no JSON.
  case unreadable(String)
  /// It is no call.
  case invalid(id: JSONValue, String)
  /// There is no such method.
  case noMethod(String)
  /// Its parameters are not those of the method.
  case badParameters(String)
  /// The client speaks a revision that this server does not.
  case version(String)
  /// Too many calls are being answered.
  case busy

  /// The code: those of JSON-RPC 2.0, and one of the protocol's own.
  var code: Int {
    switch self {
    case .unreadable: -32700
    case .invalid: -32600
    case .noMethod: -32601
    case .badParameters: -32602
    case .version: -32022
    case .busy: -32000
    }
  }

  /// The error object.
  var json: JSONValue {
    var members: [String: JSONValue] = ["code": .number(code)]
    switch self {
    case .unreadable(let why), .invalid(_, let why), .badParameters(let why):
      members["message"] = .string(why)
    case .noMethod(let name): members["message"] = .string("there is no method '\(name)'")
    case .version(let asked):
      members["message"] = "Unsupported protocol version"
      members["data"] = [
        "supported": .texts(ContextRevision.all), "requested": .string(asked),
      ]
    case .busy: members["message"] = "too many calls at once: wait for an answer"
    }
    return .object(members)
  }
}

/// The revisions of the protocol, https://modelcontextprotocol.io/specification.
enum ContextRevision {
  /// Without a handshake: each request says its revision, and results say what they are.
  static let current = "2026-07-28"
  /// Those that begin with `initialize`, the newest first.
  static let withHandshake = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
  /// All that this server speaks.
  static let all = [current] + withHandshake
  /// Where a request of the current revision names it.
  static let key = "io.modelcontextprotocol/protocolVersion"
  /// Where a result of the current revision names the server.
  static let serverKey = "io.modelcontextprotocol/serverInfo"
}
