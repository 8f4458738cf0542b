internal import JSON

/// One line of a record's log: a fact that is never changed.
///
/// Its identity is its bytes; they are kept as they came and never written anew.
public struct Event: Sendable, Hashable {
  /// The format of lines that this version writes.
  public static let version = 1
  /// The longest line that is written or read, in bytes.
  public static let maximumBytes = 16 * 1024
  /// The latest time that is believed, in milliseconds: JSON numbers are exact up to 2^53.
  public static let maximumTime = 1 << 53

  /// Milliseconds since 1970, raised so that it exceeds every earlier event of the record.
  public let time: Int
  /// The machine that wrote it.
  public let host: String
  /// Its number in that machine's log of the record, from 1.
  public let sequence: Int
  /// What happened, in the past tense: "attempt.finished".
  public let kind: String
  /// Who or what caused it.
  public let author: String
  /// The attempt's token; an event with a lower token than the highest seen is stale.
  public let token: Int?
  /// What it changes.
  public let operations: [Operation]
  /// A sentence for people.
  public let message: String?
  /// The line's bytes, without the line break.
  public let line: [UInt8]

  /// The short identity by which sets remember who added what.
  public var tag: String { "\(host):\(sequence)" }

  /// Reads a line; nil if it is not an event that this version can fold (it is kept all the same).
  public init?(line: ArraySlice<UInt8>) {
    guard line.count <= Self.maximumBytes, let json = try? JSONValue(parsing: line) else {
      return nil
    }
    self.init(json: json, line: line)
  }

  /// Reads a line that is parsed already.
  init?(json: JSONValue, line: ArraySlice<UInt8>) {
    guard line.count <= Self.maximumBytes, let time = json["t"]?.int, Self.isCount(time),
      let host = json["h"]?.string, let sequence = json["n"]?.int, Self.isCount(sequence),
      let kind = json["k"]?.string, json["tok"]?.int.map(Self.isCount) ?? true
    else { return nil }
    self.time = time
    self.host = host
    self.sequence = sequence
    self.kind = kind
    author = json["by"]?.string ?? ""
    token = json["tok"]?.int
    operations = (json["ops"]?.array ?? []).compactMap(Operation.init)
    message = json["msg"]?.string
    self.line = Array(line)
  }

  /// True for a number that can be counted on from: whole, not negative, exact in JSON.
  static func isCount(_ number: Int) -> Bool { (0..<maximumTime).contains(number) }

  /// Writes a line; throws `StateError.eventTooLong` if it is over the limit.
  init(
    _ draft: EventDraft, time: Int, host: String, sequence: Int
  ) throws(StateError) {
    let json = JSONValue.compact([
      "v": .number(Self.version), "t": .number(time), "h": .string(host), "n": .number(sequence),
      "k": .string(draft.kind), "by": .string(draft.author),
      "tok": draft.token.map(JSONValue.number),
      "ops": draft.operations.isEmpty ? nil : .array(draft.operations.map(\.json)),
      "msg": draft.message.map(JSONValue.string),
    ])
    line = json.canonicalBytes
    guard line.count <= Self.maximumBytes else {
      throw .eventTooLong(kind: draft.kind, bytes: line.count, limit: Self.maximumBytes)
    }
    self.time = time
    self.host = host
    self.sequence = sequence
    kind = draft.kind
    author = draft.author
    token = draft.token
    operations = draft.operations
    message = draft.message
  }

  /// The order in which events are folded: time, host, number, bytes.
  public static func precedes(_ left: Event, _ right: Event) -> Bool {
    if left.time != right.time { return left.time < right.time }
    if left.host != right.host { return left.host < right.host }
    if left.sequence != right.sequence { return left.sequence < right.sequence }
    return left.line.lexicographicallyPrecedes(right.line)
  }
}

/// An event that is to be written; time, host and number are given to it by the writer.
public struct EventDraft: Sendable, Hashable {
  /// What happened, in the past tense.
  public var kind: String
  /// Who or what caused it.
  public var author: String
  /// The attempt's token, if it speaks for one.
  public var token: Int?
  /// What it changes.
  public var operations: [Operation]
  /// A sentence for people.
  public var message: String?

  /// All parts.
  public init(
    kind: String, author: String = "orch", token: Int? = nil, operations: [Operation] = [],
    message: String? = nil
  ) {
    self.kind = kind
    self.author = author
    self.token = token
    self.operations = operations
    self.message = message
  }
}
