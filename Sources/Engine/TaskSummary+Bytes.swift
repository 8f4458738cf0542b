internal import GitState
internal import Workflow

/// The part of a row that rows are sorted and chosen by, read without the texts.
///
/// A row is 64 bytes of numbers, little-endian, and then the texts: title, agent, detail, and the lists
/// of labels, predecessors, hosts and questions, each question two texts; a text is its length in 4 bytes and its UTF-8, a list its count.
struct TaskRowHead {
  static let byteCount = 64

  /// Where the row is in its buffer.
  private(set) var range: Range<Int>
  let status: TaskStatus
  let hasPullRequest: Bool
  let hasPredecessors: Bool
  let asks: Bool
  let id: UInt64
  let createdAt: Int
  let priority: Int
  let costUSD: Double

  /// Reads the row that begins at an offset; nil if it is not whole.
  init?(_ buffer: UnsafeRawBufferPointer, at start: Int) {
    var reader = RowReader(buffer, from: start)
    guard let length: UInt32 = reader.number(), Int(length) >= Self.byteCount,
      Int(length) <= buffer.count - start, let rank: UInt8 = reader.number(),
      Int(rank) < TaskStatus.byRank.count, let _: UInt8 = reader.number(),
      let flags: UInt8 = reader.number(), let _: UInt8 = reader.number(),
      let id: UInt64 = reader.number(), let createdAt: Int64 = reader.number(),
      let priority: Int64 = reader.number(), let cost: UInt64 = reader.number()
    else { return nil }
    range = start..<start + Int(length)
    status = TaskStatus.byRank[Int(rank)]
    hasPullRequest = flags & RowFlag.pullRequest != 0
    hasPredecessors = flags & RowFlag.predecessors != 0
    asks = flags & RowFlag.questions != 0
    self.id = id
    self.createdAt = Int(createdAt)
    self.priority = Int(priority)
    costUSD = Double(bitPattern: cost)
  }

  /// The same row elsewhere in a buffer.
  func moved(by distance: Int) -> TaskRowHead {
    var head = self
    head.range = range.lowerBound + distance..<range.upperBound + distance
    return head
  }

  /// The order of lists: newest first.
  static func isNewer(_ left: TaskRowHead, _ right: TaskRowHead) -> Bool {
    (left.createdAt, left.id) > (right.createdAt, right.id)
  }
}

/// Bits of a row.
private enum RowFlag {
  static let pullRequest: UInt8 = 1
  static let predecessors: UInt8 = 2
  static let started: UInt8 = 4
  static let agent: UInt8 = 8
  static let questions: UInt8 = 16
}

extension TaskStatus {
  /// The statuses in the order of their ranks, by which rows name them.
  static let byRank = allCases.sorted { $0.rank < $1.rank }
}

extension TaskSummary {
  /// Appends the row.
  func append(to bytes: inout [UInt8]) {
    let start = bytes.count
    var flags: UInt8 = hasPullRequest ? RowFlag.pullRequest : 0
    if !after.isEmpty { flags |= RowFlag.predecessors }
    if startedAt != nil { flags |= RowFlag.started }
    if agent != nil { flags |= RowFlag.agent }
    if !questions.isEmpty { flags |= RowFlag.questions }
    let kind = TaskKind.allCases.firstIndex(of: kind) ?? 0
    Self.append(UInt32(0), to: &bytes)
    bytes += [UInt8(status.rank), UInt8(kind), flags, 0]
    Self.append(Self.number(id) ?? 0, to: &bytes)
    Self.append(Int64(createdAt), to: &bytes)
    Self.append(Int64(priority), to: &bytes)
    Self.append(costUSD.bitPattern, to: &bytes)
    Self.append(Int64(startedAt ?? 0), to: &bytes)
    Self.append(Int64(attemptCount), to: &bytes)
    Self.append(UInt64(0), to: &bytes)
    for text in [title, agent ?? "", detail] { Self.append(text, to: &bytes) }
    for list in [labels, after, hosts, questions.flatMap { [String($0.number), $0.text] }] {
      Self.append(UInt32(list.count), to: &bytes)
      for text in list { Self.append(text, to: &bytes) }
    }
    let length = UInt32(bytes.count - start)
    withUnsafeBytes(of: length.littleEndian) { bytes.replaceSubrange(start..<start + 4, with: $0) }
  }

  /// Reads the row that begins at an offset; nil if it is not whole.
  init?(_ buffer: UnsafeRawBufferPointer, at start: Int) {
    guard let head = TaskRowHead(buffer, at: start) else { return nil }
    let row = UnsafeRawBufferPointer(rebasing: buffer[head.range])
    let kind = Int(row[5])
    var numbers = RowReader(row, from: 40)
    var texts = RowReader(row, from: TaskRowHead.byteCount)
    guard kind < TaskKind.allCases.count, let started: Int64 = numbers.number(),
      let attempts: Int64 = numbers.number(), let title = texts.text(),
      let agent = texts.text(), let detail = texts.text(), let labels = texts.list(),
      let after = texts.list(), let hosts = texts.list(), let asked = texts.list(),
      asked.count % 2 == 0
    else { return nil }
    self.init(
      id: Self.digits(head.id), title: title, kind: TaskKind.allCases[kind], status: head.status,
      labels: labels, priority: head.priority, after: after, hosts: hosts,
      agent: row[6] & RowFlag.agent == 0 ? nil : agent, attemptCount: Int(attempts),
      detail: detail, startedAt: row[6] & RowFlag.started == 0 ? nil : Int(started),
      hasPullRequest: head.hasPullRequest,
      questions: stride(from: 0, to: asked.count, by: 2).map {
        Question(number: Int(asked[$0]) ?? 0, text: asked[$0 + 1])
      }, costUSD: head.costUSD, createdAt: head.createdAt)
  }

  /// The twelve digits of a name.
  static func digits(_ id: UInt64) -> String {
    let digits = String(id, radix: 16)
    return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
  }

  /// The number that twelve digits are; nil for any other text.
  static func number(_ digits: String) -> UInt64? {
    RecordID(digits).flatMap { UInt64($0.text, radix: 16) }
  }

  static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    append(UInt32(text.utf8.count), to: &bytes)
    bytes.append(contentsOf: text.utf8)
  }
}

/// Reads numbers and texts one after the other; nil beyond the end.
struct RowReader {
  private let buffer: UnsafeRawBufferPointer
  private(set) var position: Int

  init(_ buffer: UnsafeRawBufferPointer, from position: Int) {
    self.buffer = buffer
    self.position = position
  }

  mutating func number<Number: FixedWidthInteger>() -> Number? {
    let size = MemoryLayout<Number>.size
    guard position >= 0, position <= buffer.count - size else { return nil }
    defer { position += size }
    return Number(littleEndian: buffer.loadUnaligned(fromByteOffset: position, as: Number.self))
  }

  mutating func text() -> String? {
    guard let count: UInt32 = number(), Int(count) <= buffer.count - position else { return nil }
    defer { position += Int(count) }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[position..<position + Int(count)])
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func list() -> [String]? {
    guard let count: UInt32 = number(), Int(count) <= buffer.count - position else { return nil }
    var result: [String] = []
    for _ in 0..<count {
      guard let text = text() else { return nil }
      result.append(text)
    }
    return result
  }
}
