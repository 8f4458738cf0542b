internal import CGit2

/// The SHA-1 name of a git object.
///
/// Ordered like its bytes, so sorting ids sorts their hexadecimal texts.
public struct ObjectID: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The number of bytes of an id.
  public static let byteCount = 20

  private let first: UInt64
  private let second: UInt64
  private let third: UInt32

  /// Takes exactly 20 bytes; nil for any other count.
  public init?(bytes: some Collection<UInt8>) {
    let whole = bytes.withContiguousStorageIfAvailable {
      ObjectID(buffer: UnsafeRawBufferPointer($0))
    }
    guard let id = whole ?? Array(bytes).withUnsafeBytes({ ObjectID(buffer: $0) }) else {
      return nil
    }
    self = id
  }

  /// Takes exactly 20 bytes of memory; nil for any other count.
  init?(buffer: UnsafeRawBufferPointer) {
    guard buffer.count == Self.byteCount else { return nil }
    first = UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    second = UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    third = UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
  }

  /// Reads 40 hexadecimal digits; nil for anything else.
  public init?(hex: some StringProtocol) {
    let digits = hex.utf8
    guard digits.count == 2 * Self.byteCount else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.byteCount)
    var high: UInt8?
    for digit in digits {
      guard let value = Self.hexValue(digit) else { return nil }
      if let upper = high {
        bytes.append(upper << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    self.init(bytes: bytes)
  }

  /// The id of nothing: forty zeros, as in git's reference updates.
  public static let zero = ObjectID(words: (0, 0, 0))

  private init(words: (UInt64, UInt64, UInt32)) { (first, second, third) = words }

  /// The 20 bytes.
  public var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(Self.byteCount)
    append(to: &result)
    return result
  }

  /// Appends the 20 bytes to a buffer.
  public func append(to buffer: inout [UInt8]) {
    withUnsafeBytes(of: first.bigEndian) { buffer.append(contentsOf: $0) }
    withUnsafeBytes(of: second.bigEndian) { buffer.append(contentsOf: $0) }
    withUnsafeBytes(of: third.bigEndian) { buffer.append(contentsOf: $0) }
  }

  /// One of the 20 bytes.
  private subscript(index: Int) -> UInt8 {
    switch index {
    case 0..<8: UInt8(truncatingIfNeeded: first >> (56 - 8 * index))
    case 8..<16: UInt8(truncatingIfNeeded: second >> (120 - 8 * index))
    default: UInt8(truncatingIfNeeded: third >> (152 - 8 * index))
    }
  }

  /// Overwrites 20 bytes of memory with the id's.
  func store(into buffer: UnsafeMutableRawBufferPointer) {
    buffer.storeBytes(of: first.bigEndian, toByteOffset: 0, as: UInt64.self)
    buffer.storeBytes(of: second.bigEndian, toByteOffset: 8, as: UInt64.self)
    buffer.storeBytes(of: third.bigEndian, toByteOffset: 16, as: UInt32.self)
  }

  /// The first byte: the fan-out slot in a pack index.
  public var leadingByte: UInt8 { UInt8(truncatingIfNeeded: first >> 56) }

  /// Forty lower-case hexadecimal digits.
  public var hex: String {
    String(unsafeUninitializedCapacity: 2 * Self.byteCount) { buffer in
      for index in 0..<Self.byteCount {
        let byte = self[index]
        buffer[2 * index] = Self.hexDigit(byte >> 4)
        buffer[2 * index + 1] = Self.hexDigit(byte & 15)
      }
      return 2 * Self.byteCount
    }
  }

  /// The first digits, enough for a person.
  public func short(_ digits: Int = 8) -> String { String(hex.prefix(digits)) }

  /// Forty hexadecimal digits.
  public var description: String { hex }

  /// True for the id of nothing.
  public var isZero: Bool { self == .zero }

  /// Byte order.
  public static func < (left: ObjectID, right: ObjectID) -> Bool {
    (left.first, left.second, left.third) < (right.first, right.second, right.third)
  }

  private static func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}

extension ObjectID {
  init(_ oid: git_oid) {
    self = withUnsafeBytes(of: oid) { ObjectID(buffer: $0) } ?? .zero
  }

  /// The id as libgit2 wants it.
  var oid: git_oid {
    var result = git_oid()
    withUnsafeMutableBytes(of: &result) { store(into: $0) }
    return result
  }
}
