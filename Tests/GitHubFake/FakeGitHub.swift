import Forge
import Foundation
import JSON
import Synchronization

/// A GitHub of this project's own: one repository, over HTTP on this machine.
///
/// Every request is checked against GitHub's description and every answer is made whole from it and
/// checked too; `problems` has what did not fit.
final class FakeGitHub: Sendable {
  /// Something that goes wrong with a request whose label (`METHOD /path?query`) contains a text.
  struct Fault: Sendable {
    var match: String
    var times = 1
    /// Requests that match and go well before it begins.
    var after = 0
    var kind: Kind
  }

  enum Kind: Sendable {
    case status(Int, body: String = "", headers: [(String, String)] = [])
    case primary(resetIn: Int)
    case secondary(retryAfter: Int?, status: Int = 403)
    /// The connection is cut before the request does anything.
    case drop
    /// The request does what it is for, and then the connection is cut.
    case dropAfter
    case truncate
    case stall
    /// What was answered to the same request before it was answered otherwise, as replicas do that lag behind.
    case stale
    case text(String)
    case redirect(String)
  }

  /// A request as it is remembered.
  struct Entry: Sendable {
    var label: String
    var status: Int
    var isAuthorized: Bool
    var body: JSONValue?
    /// True if it got no whole answer.
    var isStalled = false
    /// The points of the secondary limits: reading 1, writing 5.
    var points: Int {
      let isQuery = body?["query"]?.string?.hasPrefix("query") ?? false
      return isQuery || label.hasPrefix("GET ") ? 1 : 5
    }
    var isCounted: Bool { status != 304 && status != 0 && !label.contains("/_logs/") }
  }

  struct World: Sendable {
    var state = FakeState()
    var faults: [Fault] = []
    var log: [Entry] = []
    var problems: [String] = []
    var token = "good"
    var remaining = 5000
    var limit = 5000
    var resetAt = 0
    var now = 1_800_000_000
    /// The last answers by what they were made of, because making them whole takes long.
    var answers: [String: (body: [UInt8], etag: String)] = [:]
    /// The newest answers to requests that only read, and what was answered to them before.
    var newest: [String: FakeReply] = [:]
    var former: [String: FakeReply] = [:]
    /// The repository that branches, merges and checks come from; nil if they are only said.
    var repository: FakeRepository?
    /// How CI ended on commits that belong to no pull request.
    var commitChecks: [String: [FakeState.CheckRun]] = [:]
    /// The App whose tokens are the only ones that count; nil if a person's does.
    var app: FakeApp?
    /// The time, in seconds since 1970.
    var time: @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }
    /// Who is told that something happened; nil if nobody is.
    var webhooks: FakeWebhooks?
  }

  private let world = Mutex(World())
  private let contract: Contract
  private let server = Mutex<LoopbackServer?>(nil)
  /// Sends webhooks, one after the other.
  private let post = DispatchQueue(label: "webhooks")
  let port: Int

  /// Starts a fake on a free port.
  static func start() async throws -> FakeGitHub {
    let contract = try Contract.load()
    let box = WeakBox()
    let server = try await LoopbackServer { box.fake?.respond($0) ?? FakeReply(500) }
    let fake = FakeGitHub(contract, server)
    box.fake = fake
    return fake
  }

  private init(_ contract: Contract, _ server: LoopbackServer) {
    self.contract = contract
    port = server.port
    self.server.withLock { $0 = server }
    world.withLock { $0.resetAt = $0.now + 3600 }
  }

  var url: String { "http://127.0.0.1:\(port)" }

  /// Looks at the fake, or changes something behind the client's back.
  @discardableResult
  func change<Result: Sendable>(_ body: (inout World) throws -> sending Result) rethrows -> Result {
    try world.withLock(body)
  }

  /// Changes what the repository has.
  @discardableResult
  func edit<Result: Sendable>(_ body: (inout FakeState) -> sending Result) -> Result {
    world.withLock { body(&$0.state) }
  }

  /// Lets something go wrong.
  func fail(_ match: String, _ kind: Kind, times: Int = 1, after: Int = 0) {
    change { $0.faults.append(Fault(match: match, times: times, after: after, kind: kind)) }
  }

  var problems: [String] { change { $0.problems } }
  var state: FakeState { change { $0.state } }
  var log: [Entry] { change { $0.log } }
  var countedRequests: Int { log.count(where: \.isCounted) }
  func clearLog() { change { $0.log = [] } }

  private func respond(_ request: FakeRequest) -> FakeReply {
    if let repository = change({ $0.repository }), request.path.contains(".git/") {
      if let app = change({ $0.app }) {
        let password = FakeApp.password(request.headers["authorization"]) ?? ""
        guard app.knows(password, at: change { $0.time() }) else {
          return FakeReply(401, [], headers: [("WWW-Authenticate", "Basic realm=\"GitHub\"")])
        }
      }
      let reply = repository.serve(request)
      if request.method == "POST" { change { if $0.webhooks != nil { $0.synchronise() } } }
      sendWebhooks()
      return reply
    }
    defer { sendWebhooks() }
    return change { world in
      if request.path == "/_control" {
        let body = try? JSONValue(parsing: request.body)
        return FakeReply(200, FakeControl.answer(body, &world).canonicalBytes)
      }
      world.synchronise()
      var call = FakeCall(request, world, contract, url)
      let reply = call.run()
      world = call.world
      return reply
    }
  }
}

extension FakeGitHub {
  /// Sends what happened to whoever is told, beside everything else.
  private func sendWebhooks() {
    let batch = change { world -> (hooks: FakeWebhooks, all: [FakeWebhooks.Delivery])? in
      let all = world.webhooks?.deliveries(world.state) ?? []
      return all.isEmpty ? nil : world.webhooks.map { ($0, all) }
    }
    guard let batch else { return }
    post.async { [weak self] in
      for delivery in batch.all {
        let status = FakeWebhooks.send(delivery, to: batch.hooks)
        self?.change { $0.webhooks?.log.append((delivery.event, delivery.id, status)) }
      }
    }
  }
}

/// Lets the server find the fake without keeping it alive.
private final class WeakBox: Sendable {
  private struct Reference: Sendable { weak var fake: FakeGitHub? }
  private let reference = Mutex(Reference())
  var fake: FakeGitHub? {
    get { reference.withLock { $0.fake } }
    set { reference.withLock { $0.fake = newValue } }
  }
}

/// Time that only moves when somebody waits, shared by client and fake.
final class ManualClock: Sendable {
  private let time = Mutex(1_800_000_000_000)
  private let waits = Mutex<[Int]>([])

  var now: Int { time.withLock { $0 } }
  /// How long the client waited, in milliseconds.
  var pauses: [Int] { waits.withLock { $0 } }
  func advance(_ milliseconds: Int) { time.withLock { $0 += milliseconds } }

  var clock: ForgeClock {
    ForgeClock(
      now: { self.now },
      sleep: { milliseconds in
        try Task.checkCancellation()
        self.waits.withLock { $0.append(milliseconds) }
        self.advance(milliseconds)
      },
      chance: { 0.5 })
  }
}
