/// The name of a record: twelve random hexadecimal digits, shown as the shortest unique prefix.
public struct RecordID: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The number of digits.
  public static let digitCount = 12
  /// The number of digits that people are shown at least.
  public static let shortDigitCount = 6

  /// The twelve digits.
  public let text: String

  /// Takes exactly twelve lower-case hexadecimal digits.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count == Self.digitCount, text.utf8.allSatisfy(Self.isDigit) else { return nil }
    self.text = String(text)
  }

  /// A new name.
  public static func random(
    using generator: inout some RandomNumberGenerator
  ) -> RecordID {
    let number = UInt64.random(in: 0..<(1 << 48), using: &generator)
    let digits = String(number, radix: 16)
    let text = String(repeating: "0", count: digitCount - digits.count) + digits
    return RecordID(unchecked: text)
  }

  private init(unchecked text: String) { self.text = text }

  /// The first two digits: the folder that the record lives in.
  public var shard: String { String(text.prefix(2)) }

  /// The first six digits, for people.
  public var short: String { String(text.prefix(Self.shortDigitCount)) }

  /// All twelve digits.
  public var description: String { text }

  /// Alphabetical order.
  public static func < (left: RecordID, right: RecordID) -> Bool { left.text < right.text }

  /// True for a digit that an id may have.
  public static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}

/// Which top folder of the state a record belongs to.
public enum RecordCollection: String, Sendable, Hashable, CaseIterable {
  /// Tasks.
  case tasks
  /// Lessons.
  case lessons
  /// Jobs: schedules, and when they fired.
  case jobs
  /// How conflicts were settled.
  case resolutions

  /// The name of the trailer that names a record in a commit's message.
  var trailer: String {
    switch self {
    case .tasks: "Orch-Task"
    case .lessons: "Orch-Lesson"
    case .jobs: "Orch-Job"
    case .resolutions: "Orch-Resolution"
    }
  }

  /// The derived snapshot's file name.
  public var snapshotName: String {
    switch self {
    case .tasks: "task.json"
    case .lessons: "lesson.json"
    case .jobs: "job.json"
    case .resolutions: "resolution.json"
    }
  }
}

/// Collection and name of a record.
public struct RecordKey: Sendable, Hashable {
  /// The collection.
  public let collection: RecordCollection
  /// The name in it.
  public let id: RecordID

  /// Both parts.
  public init(_ collection: RecordCollection, _ id: RecordID) {
    self.collection = collection
    self.id = id
  }

  /// The record's folder in the state's tree.
  public var path: [String] { [collection.rawValue, id.shard, id.text] }
}
