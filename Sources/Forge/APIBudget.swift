/// The one budget that everything on a machine shares which talks to a forge as one account: all of a process, and
/// with `BudgetBooks` all processes, those to come included.
///
/// It knows what the forge's answers say of the hour's limit, keeps the limits over short times, lets
/// nobody call while the forge asked to slow down, and keeps a reserve for merging.
public actor APIBudget {
  /// How long a call waits for its turn before it is an error, in milliseconds.
  public struct Patience: Sendable, Hashable {
    /// For looking: the next look comes anyway.
    public var watching: Int
    /// For acting.
    public var acting: Int
    /// For merging.
    public var merging: Int

    /// Two seconds, twenty seconds, two minutes.
    public init(watching: Int = 2000, acting: Int = 20_000, merging: Int = 120_000) {
      self.watching = watching
      self.acting = acting
      self.merging = merging
    }

    /// The patience of a purpose.
    func milliseconds(_ purpose: CallPurpose) -> Int {
      switch purpose {
      case .watching: watching
      case .acting: acting
      case .merging: merging
      }
    }
  }

  private let clock: ForgeClock
  private let patience: Patience
  private let books: BudgetBooks?
  private var ledger = BudgetLedger()

  /// A budget of which nothing is known but what is in the books, if there are any.
  public init(
    clock: ForgeClock = .system, patience: Patience = Patience(), books: BudgetBooks? = nil
  ) {
    self.clock = clock
    self.patience = patience
    self.books = books
  }

  /// What is left of the hour, if an answer said so.
  public func remaining(_ resource: APIResource) -> Int? {
    share { $0.remaining(resource) }
  }

  /// Looks at the ledger, or changes it, as all processes that share it know it.
  private func share<Result>(_ body: (inout BudgetLedger) -> Result) -> Result {
    let open = books?.open()
    if let open { ledger.take(open.bytes, now: clock.now()) }
    let result = body(&ledger)
    open?.close(ledger.books)
    return result
  }

  /// Waits for a turn, which must be ended; throws `.limited` if it is too far away.
  func begin(_ demand: BudgetLedger.Demand) async throws(ForgeError) {
    let start = clock.now()
    while true {
      let now = clock.now()
      let decision = share { ledger in
        let decision = ledger.decide(demand, now: now)
        if decision == .go { ledger.begin(demand, now: now) }
        return decision
      }
      switch decision {
      case .go: return
      case .wait(let until, let reason):
        guard until - start <= patience.milliseconds(demand.purpose) else {
          throw .limited(reason, until: until)
        }
        do { try await clock.sleep(until - now) } catch { throw .cancelled }
      }
    }
  }

  /// Ends a turn and takes over what the answer said of the limits.
  ///
  /// If the forge refused the call for a `limit`, returns when it may be tried again. That is known before
  /// the turn is another's: whoever waits for it must not ask once more in between.
  @discardableResult
  func end(
    _ notice: RateNotice?, resource: APIResource, refusedFor limit: ForgeError.RateLimit? = nil
  ) -> Int? {
    let now = clock.now()
    return share { ledger in
      ledger.end()
      return Self.note(notice, resource, limit, in: &ledger, now: now)
    }
  }

  private static func note(
    _ notice: RateNotice?, _ resource: APIResource, _ refusal: ForgeError.RateLimit?,
    in ledger: inout BudgetLedger, now: Int
  ) -> Int? {
    guard let notice else { return nil }
    if let limit = notice.limit, let remaining = notice.remaining, let resetAt = notice.resetAt {
      ledger.note(
        notice.resource ?? resource, limit: limit, remaining: remaining, resetAt: resetAt)
    }
    guard let refusal else {
      ledger.relax(now: now)
      return nil
    }
    if refusal == .primary {
      let until = max(notice.resetAt ?? 0, notice.retryAfter.map { now + $0 } ?? 0, now + 1000)
      ledger.exhaust(notice.resource ?? resource, until: until)
      return until
    }
    return ledger.pause(until: notice.retryAfter.map { now + $0 }, now: now)
  }
}

/// What an answer's headers say of the limits.
struct RateNotice: Sendable, Hashable {
  /// Which limit.
  var resource: APIResource?
  /// Requests of an hour.
  var limit: Int?
  /// What is left of them.
  var remaining: Int?
  /// When they are new, in milliseconds since 1970.
  var resetAt: Int?
  /// How long to wait, in milliseconds.
  var retryAfter: Int?

  /// Reads headers by lower-case name.
  init(headers: [String: String], now: Int) {
    let number = { (name: String) -> Int? in headers[name].flatMap { Int($0) } }
    resource = headers["x-ratelimit-resource"].flatMap(APIResource.init(rawValue:))
    limit = number("x-ratelimit-limit").map { max(0, $0) }
    remaining = number("x-ratelimit-remaining").map { max(0, $0) }
    // A second more, because the forge's clock is not ours; never further away than a day.
    resetAt = number("x-ratelimit-reset").map { min(max(0, $0), now / 1000 + 86_400) * 1000 + 1000 }
    retryAfter = number("retry-after").map { min(max(1, $0), 86_400) * 1000 }
  }
}
