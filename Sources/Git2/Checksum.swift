internal import CZlib

/// The CRC-32 of zlib and of pack indexes: finds torn writes and flipped bits, resists no attacker.
public enum Checksum {
  /// The checksum of a buffer.
  public static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let pointer = bytes.bindMemory(to: UInt8.self).baseAddress
    return UInt32(truncatingIfNeeded: crc32_z(0, pointer, bytes.count))
  }

  /// The checksum of a part of an array.
  public static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { crc32($0) }
  }
}
