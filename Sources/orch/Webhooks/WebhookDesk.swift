internal import Forge
internal import Synchronization

/// Answers webhooks: who sent one is made sure of, its repository's orchestrator is woken, and a line says so.
///
/// Nothing of a webhook is believed but that there is something to look at.
final class WebhookDesk: Sendable {
  /// How often refusals of one kind are told of, in milliseconds: anybody may knock.
  static let refusalMilliseconds = 10_000

  /// A repository whose webhooks are taken.
  struct Place: Sendable {
    /// `owner/name`.
    let name: String
    /// Wakes its orchestrator.
    let wakeUp: WakeUp
    /// True if an orchestrator runs there.
    let isAttended: @Sendable () -> Bool
  }

  private struct Refusals {
    var toldAt: Int
    var untold = 0
  }

  private let judge: WebhookJudge
  private let places: [String: Place]
  private let seen: DeliveryFile
  private let clock: @Sendable () -> Int
  private let say: @Sendable (String) -> Void
  private let refusals = Mutex<[Int: Refusals]>([:])

  /// Takes webhooks of these repositories; `say` gets a line for each.
  init(
    _ judge: WebhookJudge, places: [Place], seen: DeliveryFile,
    clock: @escaping @Sendable () -> Int, say: @escaping @Sendable (String) -> Void
  ) {
    self.judge = judge
    self.places = Dictionary(
      places.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    self.seen = seen
    self.clock = clock
    self.say = say
  }

  /// What the listener asks.
  var answers: WebhookListener.Answers {
    WebhookListener.Answers(
      early: { [self] request in
        let reply = judge.refusal(of: request)
        if let reply { tell(reply, request) }
        return reply
      },
      whole: { [self] in answer($0) })
  }

  /// Answers a whole request.
  func answer(_ request: WebhookRequest) -> WebhookReply {
    switch judge.judge(request) {
    case .refused(let reply):
      tell(reply, request)
      return reply
    case .ignored(let delivery, let reason): return ignore(delivery, reason)
    case .news(let delivery): return take(delivery)
    }
  }

  private func take(_ delivery: WebhookDelivery) -> WebhookReply {
    guard let place = delivery.repository.flatMap({ places[$0.lowercased()] }) else {
      return ignore(delivery, "it is of another repository")
    }
    guard seen.see(delivery) else { return ignore(delivery, "it was seen before") }
    place.wakeUp.wake()
    let what = place.isAttended() ? "looking now" : "no orchestrator runs there to look"
    say("webhook: \(delivery.words): \(what)")
    return WebhookReply(202, what)
  }

  private func ignore(_ delivery: WebhookDelivery, _ reason: String) -> WebhookReply {
    say("webhook: \(delivery.words): ignored, \(reason)")
    return WebhookReply(200, "ignored: \(reason)")
  }

  /// Says that something was refused; of many of one kind only now and then, and how many they were.
  private func tell(_ reply: WebhookReply, _ request: WebhookRequest) {
    let now = clock()
    let count = refusals.withLock { refusals -> Int? in
      guard let known = refusals[reply.status], now - known.toldAt < Self.refusalMilliseconds else {
        let untold = refusals[reply.status]?.untold ?? 0
        refusals[reply.status] = Refusals(toldAt: now)
        return untold
      }
      refusals[reply.status]?.untold += 1
      return nil
    }
    guard let count else { return }
    let others = count > 0 ? ", and \(count) more since the last line" : ""
    say("webhook refused (\(reply.status)) from \(request.sender ?? "?"): \(reply.text)\(others)")
  }
}
