public import JSON

/// What the events of one record add up to.
public struct Record: Sendable, Hashable {
  /// The number of the fold's rules; a snapshot by a lower fold never replaces one by a higher.
  public static let foldVersion = 1

  /// The status: the greatest pair of generation and rank that was set.
  public struct State: Sendable, Hashable {
    /// Raised whenever the status goes back.
    public var generation: Int
    /// The order within a generation.
    public var rank: Int
    /// The status' name.
    public var name: String

    /// All three parts.
    public init(generation: Int, rank: Int, name: String) {
      self.generation = generation
      self.rank = rank
      self.name = name
    }
  }

  /// Collection and name.
  public let key: RecordKey
  /// Nil until an event has set one.
  public var state: State?
  /// Fields by name.
  public var fields: [String: JSONValue] = [:]
  /// Sets by name: each text with the tags of the events that put it there.
  public var sets: [String: [String: [String]]] = [:]
  /// The highest token seen.
  public var token = 0
  /// The number of events folded, stale ones included.
  public var eventCount = 0
  /// Events that came with a lower token than the highest, and changed nothing.
  public var staleCount = 0
  /// The time of the first event, in milliseconds since 1970.
  public var createdAt = 0
  /// The time of the last event.
  public var updatedAt = 0
  /// The highest event number of each host.
  public var sequences: [String: Int] = [:]

  /// A record without events.
  public init(key: RecordKey) { self.key = key }

  /// The texts of a set, sorted.
  public func members(of set: String) -> [String] { (sets[set] ?? [:]).keys.sorted() }

  /// Folds events in any order; equal lines count once.
  public static func folding(_ events: [Event], key: RecordKey) -> Record {
    var record = Record(key: key)
    var last: Event?
    for event in events.sorted(by: Event.precedes) where event.line != last?.line {
      record.apply(event)
      last = event
    }
    return record
  }

  /// Adds an event that comes after all others.
  public mutating func apply(_ event: Event) {
    if eventCount == 0 { createdAt = event.time }
    eventCount += 1
    updatedAt = Swift.max(updatedAt, event.time)
    sequences[event.host] = Swift.max(sequences[event.host] ?? 0, event.sequence)
    if let eventToken = event.token {
      guard eventToken >= token else {
        staleCount += 1
        return
      }
      token = eventToken
    }
    for operation in event.operations { apply(operation, tag: event.tag) }
  }

  /// Takes in what a change is going to do, for the next change of the same decision; members that it adds
  /// to sets have no tag yet.
  public mutating func anticipate(_ change: Change) {
    for operation in change.event.operations { apply(operation, tag: "") }
  }

  private mutating func apply(_ operation: Operation, tag: String) {
    switch operation {
    case .set(let key, let value):
      if value.isNull { fields.removeValue(forKey: key) } else { fields[key] = value }
    case .max(let key, let number):
      fields[key] = .number(Swift.max(fields[key]?.int ?? number, number))
    case .add(let key, let text): sets[key, default: [:]][text, default: []].append(tag)
    case .remove(let key, let text, let observed):
      var tags = sets[key]?[text] ?? []
      tags.removeAll(where: observed.contains)
      if tags.isEmpty {
        sets[key]?.removeValue(forKey: text)
      } else {
        sets[key, default: [:]][text] = tags
      }
    case .state(let generation, let rank, let name):
      if let state, (generation, rank) < (state.generation, state.rank) { return }
      state = State(generation: generation, rank: rank, name: name)
    }
  }
}
