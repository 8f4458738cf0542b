internal import JSON

/// Where a budget's books are kept so that all processes of a machine share them, and the next ones find them.
public struct BudgetBooks: Sendable {
  /// Opens the books, for this process alone until it closes them; nil if they cannot be had.
  let open: @Sendable () -> OpenBooks?

  /// Books that are opened so.
  public init(open: @escaping @Sendable () -> OpenBooks?) { self.open = open }
}

/// Books that nobody else reads or writes.
public struct OpenBooks {
  /// What they hold.
  let bytes: [UInt8]
  /// Writes what they are to hold, and lets others have them.
  let close: (_ bytes: [UInt8]) -> Void

  /// Books with a content, and how they are closed.
  public init(_ bytes: [UInt8], close: @escaping (_ bytes: [UInt8]) -> Void) {
    self.bytes = bytes
    self.close = close
  }
}

extension BudgetLedger {
  /// The furthest that a limit of an hour or a pause is believed to lie ahead, in milliseconds.
  private static let maximumAhead = 86_400_000

  /// What all processes share; how many calls each has under way, it knows alone.
  var books: [UInt8] {
    var accounts: [String: JSONValue] = [:]
    for (resource, account) in self.accounts {
      accounts[resource.rawValue] = [
        "limit": .number(account.limit), "remaining": .number(account.remaining),
        "reset": .number(account.resetAt),
      ]
    }
    var windows: [String: JSONValue] = [:]
    for (resource, window) in self.windows { windows[resource.rawValue] = window.json }
    let json: JSONValue = [
      "accounts": .object(accounts), "windows": .object(windows),
      "creating": .array(creating.map(\.json)), "paused_until": .number(pausedUntil),
      "pauses": .number(pauses),
    ]
    return json.canonicalBytes
  }

  /// Takes over what all processes share; books that cannot be read say nothing.
  mutating func take(_ bytes: [UInt8], now: Int) {
    guard let json = try? JSONValue(parsing: bytes) else { return }
    let latest = now + Self.maximumAhead
    for resource in APIResource.allCases {
      let account = json["accounts"]?[resource.rawValue]
      if let limit = account?["limit"]?.int, let remaining = account?["remaining"]?.int,
        let resetAt = account?["reset"]?.int, limit >= 0, remaining >= 0, resetAt <= latest
      {
        accounts[resource] = Account(limit: limit, remaining: remaining, resetAt: resetAt)
      }
      windows[resource]?.take(json["windows"]?[resource.rawValue], now: now)
    }
    let counted = json["creating"]?.array ?? []
    for (index, window) in counted.prefix(creating.count).enumerated() {
      creating[index].take(window, now: now)
    }
    if let until = json["paused_until"]?.int, until <= latest { pausedUntil = until }
    if let pauses = json["pauses"]?.int, (0...100).contains(pauses) { self.pauses = pauses }
  }
}

extension SlidingWindow {
  /// What was counted, second by second: `[[time, points], …]`; a second's points count until its end is old.
  fileprivate var json: JSONValue {
    var seconds: [(time: Int, points: Int)] = []
    for entry in entries {
      if let last = seconds.last, last.time / 1000 == entry.time / 1000 {
        seconds[seconds.count - 1] = (entry.time, last.points + entry.points)
      } else {
        seconds.append(entry)
      }
    }
    return .array(seconds.map { [.number($0.time), .number($0.points)] })
  }

  fileprivate mutating func take(_ json: JSONValue?, now: Int) {
    guard let list = json?.array else { return }
    let counted = list.prefix(4000).compactMap { entry -> (time: Int, points: Int)? in
      guard let parts = entry.array, parts.count == 2, let time = parts[0].int,
        let points = parts[1].int
      else { return nil }
      return (time, points)
    }
    replace(counted.sorted { $0.time < $1.time }, now: now)
  }
}
