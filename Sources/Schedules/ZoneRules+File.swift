extension ZoneRules {
  /// The most changes that are believed.
  private static let maximumChanges = 10_000

  /// Reads a file of the tz database (RFC 8536); nil if it is none.
  public init?(file bytes: [UInt8]) {
    var reader = ZoneFileReader(bytes: bytes)
    guard var header = reader.header() else { return nil }
    var timeSize = 4
    if header.version >= 2 {
      // The first block has times of four bytes; the second one says the same with eight.
      reader.position += header.size(timeSize: 4)
      guard let second = reader.header() else { return nil }
      header = second
      timeSize = 8
    }
    guard header.times <= Self.maximumChanges, header.types > 0 else { return nil }
    let times = (0..<header.times).map { _ in reader.integer(timeSize) }
    let indices = (0..<header.times).map { _ in reader.integer(1) & 0xFF }
    var offsets: [Int] = []
    for _ in 0..<header.types {
      offsets.append(reader.integer(4))
      reader.position += 2
    }
    guard !reader.isPastEnd, indices.allSatisfy(offsets.indices.contains),
      zip(times, times.dropFirst()).allSatisfy({ $0 < $1 })
    else { return nil }
    reader.position += header.letters + header.leaps * (timeSize + 4) + header.standard + header.utc
    var rule: ZoneRule?
    if timeSize == 8, let text = reader.footer(), !text.isEmpty {
      guard let read = ZoneRule(text) else { return nil }
      rule = read
    }
    // Changes of name or of the flag alone are none of the clock.
    var changes: [Change] = []
    for (time, index) in zip(times, indices)
    where offsets[index] != (changes.last?.offset ?? offsets[0]) {
      changes.append(Change(time: time, offset: offsets[index]))
    }
    self.init(firstOffset: offsets[0], changes: changes, rule: rule)
  }
}

/// Reads the parts of a file of the tz database; past its end everything is 0.
private struct ZoneFileReader {
  let bytes: [UInt8]
  var position = 0
  var isPastEnd: Bool { position > bytes.count }

  struct Header {
    let version: Int
    let utc: Int
    let standard: Int
    let leaps: Int
    let times: Int
    let types: Int
    let letters: Int

    func size(timeSize: Int) -> Int {
      times * (timeSize + 1) + types * 6 + letters + leaps * (timeSize + 4) + standard + utc
    }
  }

  mutating func header() -> Header? {
    guard position >= 0, position + 44 <= bytes.count,
      bytes[position..<position + 4].elementsEqual("TZif".utf8)
    else { return nil }
    let version = bytes[position + 4] == 0 ? 1 : Int(bytes[position + 4]) - 0x30
    position += 20
    let counts = (0..<6).map { _ in integer(4) }
    guard counts.allSatisfy({ (0...1_000_000).contains($0) }) else { return nil }
    return Header(
      version: version, utc: counts[0], standard: counts[1], leaps: counts[2], times: counts[3],
      types: counts[4], letters: counts[5])
  }

  /// A whole number with its most significant byte first.
  mutating func integer(_ size: Int) -> Int {
    defer { position += size }
    guard position >= 0, position + size <= bytes.count else { return 0 }
    let isNegative = bytes[position] & 0x80 != 0 && size > 1
    return bytes[position..<position + size].reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }
  }

  /// The text between the two last line breaks.
  func footer() -> String? {
    guard position < bytes.count, bytes[position] == 0x0A else { return nil }
    return String(decoding: bytes[(position + 1)...].prefix { $0 != 0x0A }, as: UTF8.self)
  }
}
