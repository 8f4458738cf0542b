internal import JSON
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The conversation with one client: messages in lines on standard input, answers in lines on standard output.
final class ContextConnection: Sendable {
  /// The longest message, in bytes.
  static let maximumLineBytes = 4 << 20
  /// How long calls go on after the client has closed its end.
  static let grace = Duration.seconds(5)
  /// The most requests that are answered at a time.
  static let maximumCalls = 16

  /// A request that is being answered.
  private struct Call {
    let id: JSONValue
    let task: Task<Void, Never>
    var isCalledOff = false
  }

  private struct Calls {
    var running: [Int: Call] = [:]
    var count = 0
  }

  private let server: ContextServer
  private let calls = Mutex(Calls())
  private let write: @Sendable (String) -> Void
  private let output = Mutex(())

  /// A conversation whose answers go to `write`, a line at a time.
  init(_ server: ContextServer, write: @escaping @Sendable (String) -> Void) {
    self.server = server
    self.write = write
  }

  /// Takes a line in; what it asks for is answered when it is done, other lines meanwhile.
  func take(_ line: some Sequence<UInt8>) {
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONValue(parsing: Array(line))
    } catch {
      return fail(.unreadable(error.description), id: .null)
    }
    // One revision had several messages in a line.
    for message in json.array ?? [json] { take(message) }
  }

  /// Says that a line was longer than any message.
  func refuseLongLine() {
    fail(.unreadable("a message is longer than \(Self.maximumLineBytes) bytes"), id: .null)
  }

  /// Waits until everything is answered that was asked; what takes longer than a moment is called off, since the
  /// client has gone.
  func finish() async {
    let alarm = Task { [self] in
      try? await Task.sleep(for: Self.grace)
      for call in calls.withLock({ Array($0.running.values) }) { call.task.cancel() }
    }
    while let next = calls.withLock({ $0.running.first?.value }) { await next.task.value }
    alarm.cancel()
  }

  private func take(_ json: JSONValue) {
    let message: ContextMessage
    do throws(ContextError) {
      message = try ContextMessage(json)
    } catch {
      guard case .invalid(let id, _) = error else { return fail(error, id: .null) }
      return fail(error, id: id)
    }
    switch message {
    case .answer: return
    case .notification("notifications/cancelled", let parameters):
      if let id = parameters["requestId"] { cancel(id) }
    case .notification: return
    case .request(let id, let method, let parameters): begin(id, method, parameters)
    }
  }

  private func begin(_ id: JSONValue, _ method: String, _ parameters: JSONValue) {
    let isTaken = calls.withLock { calls in
      guard calls.running.count < Self.maximumCalls else { return false }
      calls.count += 1
      let number = calls.count
      let task = Task { [self] in await answer(number, id, method, parameters) }
      calls.running[number] = Call(id: id, task: task)
      return true
    }
    if !isTaken { fail(.busy, id: id) }
  }

  private func answer(
    _ number: Int, _ id: JSONValue, _ method: String, _ parameters: JSONValue
  ) async {
    var reply: [String: JSONValue] = ["jsonrpc": "2.0", "id": id]
    do throws(ContextError) {
      reply["result"] = try await server.result(of: method, parameters)
    } catch {
      reply["error"] = error.json
    }
    // Nobody waits for the answer to what was called off.
    if calls.withLock({ $0.running[number]?.isCalledOff == false }) { send(reply) }
    calls.withLock { $0.running[number] = nil }
  }

  private func cancel(_ id: JSONValue) {
    let tasks = calls.withLock { calls -> [Task<Void, Never>] in
      let numbers = calls.running.filter { $0.value.id == id }.map(\.key)
      for number in numbers { calls.running[number]?.isCalledOff = true }
      return numbers.compactMap { calls.running[$0]?.task }
    }
    for task in tasks { task.cancel() }
  }

  private func fail(_ error: ContextError, id: JSONValue) {
    // Without an id if there was none to read: the protocol's schema takes no null.
    var message: [String: JSONValue] = ["jsonrpc": "2.0", "error": error.json]
    if !id.isNull { message["id"] = id }
    send(message)
  }

  private func send(_ message: [String: JSONValue]) {
    let line = JSONValue.object(message).canonicalText
    output.withLock { _ in write(line) }
  }
}
