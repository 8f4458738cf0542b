import Foundation
import JSON

/// One request to the fake, from its headers to its answer.
struct FakeCall {
  let request: FakeRequest
  var world: FakeGitHub.World
  let contract: Contract
  let url: String
  var query: [String: String] = [:]
  var path: [String] = []
  var body: JSONValue?
  /// Links to other pages, for the answer.
  var link: String?

  init(
    _ request: FakeRequest, _ world: FakeGitHub.World, _ contract: Contract, _ url: String
  ) {
    self.request = request
    self.world = world
    self.contract = contract
    self.url = url
    let parts = URLComponents(string: request.target)
    path = request.path.split(separator: "/").map { String($0).removingPercentEncoding ?? "" }
    // A GitHub Enterprise has its interface below a path of its own.
    if path.starts(with: ["api", "v3"]) { path.removeFirst(2) }
    if path == ["api", "graphql"] { path.removeFirst() }
    for item in parts?.queryItems ?? [] { query[item.name] = item.value ?? "" }
    body = request.body.isEmpty ? nil : try? JSONValue(parsing: request.body)
  }

  var label: String { "\(request.method) \(request.target)" }

  mutating func run() -> FakeReply {
    if path.first == "_logs" { return logs() }
    var entry = FakeGitHub.Entry(
      label: label, status: 0, isAuthorized: request.headers["authorization"] != nil, body: body)
    let fault = takeFault()
    var reply = checkedAnswer(fault)
    if case .stale = fault, let former = world.former[readKey] { reply = former }
    remember(reply)
    entry.status = reply.status
    switch fault {
    case .drop, .dropAfter:
      entry.status = 0
      reply.fault = .drop
    case .truncate: reply.fault = .cut(reply.body.count / 2)
    case .stall:
      reply.fault = .stall
      entry.isStalled = true
    default: break
    }
    world.log.append(entry)
    return reply
  }

  private var readKey: String { label + (body?.canonicalText ?? "") }

  /// Keeps an answer, and the one before it that said something else.
  private mutating func remember(_ reply: FakeReply) {
    let isRead = request.method == "GET" || (path == ["graphql"] && !isMutation)
    guard isRead, reply.status == 200, world.newest[readKey]?.body != reply.body else { return }
    world.former[readKey] = world.newest[readKey]
    world.newest[readKey] = reply
  }

  private var isMutation: Bool { body?["query"]?.string?.hasPrefix("mutation") ?? false }

  private mutating func takeFault() -> FakeGitHub.Kind? {
    let query = body?["query"]?.string ?? ""
    for index in world.faults.indices where world.faults[index].times > 0 {
      let match = world.faults[index].match
      guard label.contains(match) || query.contains(match) else { continue }
      if world.faults[index].after > 0 {
        world.faults[index].after -= 1
        continue
      }
      world.faults[index].times -= 1
      return world.faults[index].kind
    }
    return nil
  }

  /// What GitHub refuses before it looks at the request, faults, and then the answer.
  private mutating func checkedAnswer(_ fault: FakeGitHub.Kind?) -> FakeReply {
    if request.headers["user-agent"]?.isEmpty ?? true {
      note("no User-Agent")
      return FakeReply(403, "Request forbidden by administrative rules.".utf8)
    }
    if request.headers["accept"] != "application/vnd.github+json" { note("no Accept") }
    if request.headers["x-github-api-version"] != "2022-11-28" { note("no API version") }
    if case .drop = fault { return FakeReply() }
    world.remaining = max(0, world.remaining - 1)
    if let reply = refusal(fault) { return reply }
    if let reply = appAnswer() { return reply }
    let isOfApp = path.first == "app" || path.last == "installation"
    guard isOfApp || world.accepts(request.headers["authorization"]) else {
      return failure(401, "Bad credentials")
    }
    if path == ["graphql"] { return graphql() }
    if path.count > 2, path[0] == "repos", path[1...2].joined(separator: "/") != fullName {
      guard world.state.oldNames.contains(path[1...2].joined(separator: "/")) else {
        return failure(404, "Not Found")
      }
      let rest = request.target.split(separator: "/", maxSplits: 3).dropFirst(3).joined()
      var reply = failure(request.method == "GET" ? 301 : 307, "Moved Permanently")
      reply.headers.append(("Location", "\(url)/repos/\(fullName)/\(rest)"))
      return reply
    }
    return rest()
  }

  var fullName: String { "\(world.state.owner)/\(world.state.name)" }

  private mutating func refusal(_ fault: FakeGitHub.Kind?) -> FakeReply? {
    switch fault {
    case .status(let status, let text, let headers):
      var reply =
        text.isEmpty
        ? failure(status, "Server Error") : FakeReply(status, text.utf8, headers: limits)
      reply.headers += headers
      return reply
    case .primary(let seconds):
      world.remaining = 0
      world.resetAt = world.now + seconds
      return failure(403, "API rate limit exceeded for user ID 1.")
    case .secondary(let seconds, let status):
      var reply = failure(status, "You have exceeded a secondary rate limit. Please wait.")
      if let seconds { reply.headers.append(("Retry-After", "\(seconds)")) }
      return reply
    case .text(let text): return FakeReply(200, text.utf8, headers: limits)
    case .redirect(let target):
      return FakeReply(302, [], headers: limits + [("Location", target)])
    default: return nil
    }
  }

  /// REST: the contract, the route, the contract again.
  private mutating func rest() -> FakeReply {
    guard let (operation, parts) = contract.operation(request.method, path) else {
      note("not in the contract")
      return failure(404, "Not Found")
    }
    let problems = contract.problems(operation, query: query, body: body)
    for problem in problems { note(problem) }
    guard problems.isEmpty else { return failure(422, "Invalid request.") }
    if world.state.isArchived, request.method != "GET" {
      return failure(403, "Repository was archived so is read-only.")
    }
    let (status, json, headers) = route(operation.name, parts)
    guard status < 300 || status == 302 else { return failure(status, json.string ?? "") }
    return answer(operation, status, json, headers)
  }

  private mutating func answer(
    _ operation: Contract.Operation, _ status: Int, _ json: JSONValue,
    _ headers: [(String, String)]
  ) -> FakeReply {
    guard let schema = contract.answerSchema(operation, status: status) else {
      note("\(operation.name) has no answer \(status)")
      return failure(500, "")
    }
    var reply = FakeReply(status, [], headers: limits + headers)
    guard !schema.isNull, !json.isNull else { return reply }
    let key = operation.name + json.canonicalText
    if let known = world.answers[key] {
      reply.body = known.body
    } else {
      let whole = contract.complete(schema, json)
      for problem in contract.check(schema, whole, "answer").prefix(3) { note(problem) }
      reply.body = whole.canonicalBytes
      if world.answers.count > 5 { world.answers = [:] }
      world.answers[key] = (reply.body, "W/\"\(Self.hash(reply.body))\"")
    }
    if let link { reply.headers.append(("Link", link)) }
    guard request.method == "GET" else { return reply }
    let etag = world.answers[key]?.etag ?? ""
    if request.headers["if-none-match"] == etag {
      world.remaining += 1
      reply = FakeReply(304, [], headers: limits)
    }
    reply.headers.append(("ETag", etag))
    return reply
  }

  private static func hash(_ bytes: [UInt8]) -> String {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return String(value, radix: 16)
  }

  /// The headers of limits, in a case of their own: names have none.
  var limits: [(String, String)] {
    let date = world.app.map { [("Date", FakeApp.date(world.time() + $0.ahead))] } ?? []
    return date + [
      ("X-RateLimit-Limit", "\(world.limit)"), ("x-ratelimit-remaining", "\(world.remaining)"),
      ("X-RATELIMIT-RESET", "\(world.resetAt)"),
      ("X-RateLimit-Resource", path == ["graphql"] ? "graphql" : "core"),
    ]
  }

  func failure(_ status: Int, _ message: String) -> FakeReply {
    let json: JSONValue = ["message": .string(message), "status": .string("\(status)")]
    return FakeReply(status, json.canonicalBytes, headers: limits)
  }

  mutating func note(_ problem: String) { world.problems.append("\(label): \(problem)") }

  /// The store of logs: another host as far as the token is concerned.
  private mutating func logs() -> FakeReply {
    let fault = takeFault()
    world.log.append(
      .init(
        label: label, status: 200, isAuthorized: request.headers["authorization"] != nil, body: nil)
    )
    if request.headers["authorization"] != nil {
      note("the store of logs saw the token")
      return FakeReply(400)
    }
    guard let id = path.last.flatMap({ Int($0) }), let log = world.state.jobs[id]?.log else {
      return FakeReply(404)
    }
    var reply = FakeReply(200, log)
    reply.pieces = 1000
    switch fault {
    case .truncate: reply.fault = .cut(log.count / 2)
    case .status(let status, _, _): return FakeReply(status)
    case .stall: reply.fault = .stall
    default: break
    }
    return reply
  }

  /// One page of a list, with the links to the others.
  mutating func page(_ all: [JSONValue]) -> JSONValue {
    let size = min(max(query["per_page"].flatMap { Int($0) } ?? 30, 1), 100)
    let number = max(query["page"].flatMap { Int($0) } ?? 1, 1)
    if number * size < all.count {
      let others = query.filter { $0.key != "page" }.map { "\($0.key)=\($0.value)" }.sorted()
      let target =
        "\(url)\(request.path)?\((others + ["page=\(number + 1)"]).joined(separator: "&"))"
      link = "<\(target)>; rel=\"next\", <\(url)>; rel=\"last\""
    }
    return .array(Array(all.dropFirst((number - 1) * size).prefix(size)))
  }
}
