internal import JSON

/// Names and values of a query.
typealias QueryItems = KeyValuePairs<String, String>

extension GitHubClient {
  /// The address of a REST path: parts are escaped, a part with slashes becomes several.
  func address(_ path: [String], _ query: QueryItems = [:]) -> String {
    let parts = path.flatMap { $0.split(separator: "/").map { GitHubEndpoint.escape(String($0)) } }
    let items = query.map { "\(GitHubEndpoint.escape($0.key))=\(GitHubEndpoint.escape($0.value))" }
    return endpoint.rest + "/" + parts.joined(separator: "/")
      + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
  }

  /// Reads something; with an ETag from before this is free while it has not changed.
  func get<Value: Sendable>(
    _ url: String, _ call: String, _ purpose: CallPurpose,
    _ decode: (AnswerReader) throws(ForgeError) -> Value
  ) async throws(ForgeError) -> (value: Value, nextPage: String?) {
    var request = GitHubRequest(url: url, call: call, purpose: purpose, isRepeatable: true)
    let known = await cache.entry(url)
    if known?.value is Value {
      request.etag = known?.etag
      request.accepted = [304]
    }
    let answer = try await send(request)
    if answer.status == 304, let known, let value = known.value as? Value {
      return (value, known.nextPage)
    }
    let value = try decode(AnswerReader(answer.json, call))
    if let etag = answer.headers["etag"] {
      await cache.keep(url, etag: etag, value: value, nextPage: answer.nextPage)
    }
    return (value, answer.nextPage)
  }

  /// Reads a list page by page, at most so many elements; says whether there are more.
  func list<Element: Sendable>(
    _ url: String, _ call: String, _ purpose: CallPurpose, atMost maximum: Int,
    _ decode: (AnswerReader) throws(ForgeError) -> Element?
  ) async throws(ForgeError) -> (elements: [Element], isCut: Bool) {
    var elements: [Element] = []
    var page: String? = url
    while let address = page {
      let (part, next) = try await get(address, call, purpose) { reader throws(ForgeError) in
        try reader.elements(decode)
      }
      elements += part
      if elements.count > maximum { return (Array(elements.prefix(maximum)), true) }
      guard let next, endpoint.isOwn(next), next != address else { return (elements, false) }
      if elements.count == maximum { return (elements, true) }
      page = next
    }
    return (elements, false)
  }

  /// Changes something over REST.
  func change(
    _ method: String, _ path: [String], _ body: JSONValue? = nil, _ call: String,
    _ purpose: CallPurpose = .acting, isRepeatable: Bool = true, isCreating: Bool = false,
    accepting accepted: Set<Int> = []
  ) async throws(ForgeError) -> GitHubAnswer {
    try await send(
      GitHubRequest(
        method: method, url: address(path), body: body, call: call, purpose: purpose,
        isRepeatable: isRepeatable, isCreating: isCreating, accepted: accepted))
  }

  /// Asks GraphQL; `errors` beside data are given back, an answer without data is an error.
  func query(
    _ text: String, _ variables: [String: JSONValue], _ call: String, _ purpose: CallPurpose,
    isRepeatable: Bool = true, isCreating: Bool = false
  ) async throws(ForgeError) -> (data: AnswerReader, errors: [GraphQLError]) {
    let answer = try await send(
      GitHubRequest(
        method: "POST", url: endpoint.graphql,
        body: ["query": .string(text), "variables": .object(variables)], call: call,
        purpose: purpose, isRepeatable: isRepeatable, isCreating: isCreating, resource: .graphql))
    let errors = (answer.json["errors"]?.array ?? []).prefix(100).map(GraphQLError.init)
    let data = answer.json["data"] ?? .null
    guard data.isNull else { return (AnswerReader(data, call), errors) }
    let token = try await tokens.token()
    guard let first = errors.first else {
      throw .invalidAnswer(call: call, detail: "neither data nor errors")
    }
    throw first.error(call, detail: readable(first.message, token))
  }

  /// Changes something over GraphQL: any error is one.
  func mutate(
    _ text: String, _ input: [String: JSONValue], _ call: String,
    _ purpose: CallPurpose = .acting, isRepeatable: Bool = true, isCreating: Bool = false
  ) async throws(ForgeError) -> AnswerReader {
    let (data, errors) = try await query(
      text, ["input": .object(input)], call, purpose, isRepeatable: isRepeatable,
      isCreating: isCreating)
    guard let first = errors.first else { return data }
    throw first.error(call, detail: readable(first.message, try await tokens.token()))
  }
}

/// An error beside a GraphQL answer's data.
struct GraphQLError: Sendable, Hashable {
  /// GitHub's kind: `NOT_FOUND`, `FORBIDDEN`, ...
  let type: String
  /// In words.
  let message: String
  /// The first part of the path: the field, or its alias, that has no value.
  let field: String?

  init(_ json: JSONValue) {
    type = json["type"]?.string ?? json["extensions"]?["code"]?.string ?? ""
    message = json["message"]?.string ?? "no message"
    field = json["path"]?.array?.last?.string
  }

  /// The error that it is for a call.
  func error(_ call: String, detail: String) -> ForgeError {
    switch type {
    case "NOT_FOUND": .notFound(call: call)
    case "FORBIDDEN", "INSUFFICIENT_SCOPES":
      .notAllowed(call: call, needed: [], detail: detail)
    case "UNPROCESSABLE", "STALE_DATA", "VALIDATION": .refused(call: call, detail: detail)
    case "undefinedField", "argumentNotAccepted", "argumentLiteralsIncompatible":
      .invalidAnswer(call: call, detail: detail)
    default: .refused(call: call, detail: detail)
    }
  }
}
