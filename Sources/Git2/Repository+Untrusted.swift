extension Repository {
  /// Reads an object that someone else may have made to do harm; otherwise like `bytes(of:_:)`.
  ///
  /// libgit2 (1.5 at least) copies what it has unpacked of a small loose object before it compares the
  /// size with the one in the header, and writes past the end of its buffer. git checks what it fetches,
  /// so such an object can only have come into the repository by another way. Here the two are compared
  /// first.
  public func bytes(
    ofUntrusted id: ObjectID, _ kind: ObjectKind
  ) throws(GitError) -> [UInt8] {
    let hex = id.hex
    let path = "\(commonDirectory)/objects/\(hex.prefix(2))/\(hex.dropFirst(2))"
    if let packed = DurableFile.beginning(of: path, count: 512), Self.isLonger(packed) {
      throw GitError(
        code: .other(-1), operation: "read \(kind.name) \(id)",
        message: "it is longer than its header says")
    }
    return try bytes(of: id, kind)
  }

  /// True if the beginning of a loose object holds more than its header `kind size NUL` announces.
  private static func isLonger(_ packed: [UInt8]) -> Bool {
    let bytes = Inflate.beginning(of: packed, count: 256)
    guard let end = bytes.firstIndex(of: 0),
      let size = Int(String(decoding: bytes[..<end].drop { $0 != 0x20 }.dropFirst(), as: UTF8.self))
    else { return false }
    return bytes.count - end - 1 > size
  }
}
