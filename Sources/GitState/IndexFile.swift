internal import CPlatform
internal import Folders
public import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A cache of what readers have made of one commit of the state, for those that come later.
///
/// Two parts: the front, which is read alone and answers most questions, and the body, which has the
/// rest and is what a newer index is made from. Checksums tell a torn, cut or altered file; it then
/// counts as missing. Nothing in it is truth, and deleting it loses nothing.
///
/// ```
/// offset  bytes  content
///      0      8  "ORCHIDX\n"
///      8      8  schema: what the two parts mean, chosen by the caller
///     16     20  id of the commit
///     36      4  CRC-32 of the front
///     40      8  bytes of the front
///     48      8  bytes of the body
///     56      4  CRC-32 of the body
///     60      4  CRC-32 of the 60 bytes before
///     64         front, then body; numbers are little-endian
/// ```
public struct IndexFile: Sendable, Hashable {
  /// The largest file that is read or written, in bytes.
  static let maximumBytes = 256 << 20
  /// The age at which another process' unfinished file is removed, in seconds.
  static let staleSeconds = 60
  private static let headerBytes = 64
  private static let magic = Array("ORCHIDX\n".utf8)

  /// The commit that both parts were made from.
  public let tip: ObjectID
  /// What most readers need.
  public let front: [UInt8]
  /// Everything else.
  public let body: [UInt8]

  /// All parts.
  public init(tip: ObjectID, front: [UInt8], body: [UInt8]) {
    self.tip = tip
    self.front = front
    self.body = body
  }

  /// Reads the whole file; nil if it is missing, damaged, or of another schema.
  public init?(path: String, schema: UInt64) {
    guard var bytes = Self.read(path, count: nil),
      let header = Header(bytes, schema: schema), bytes.count == header.end,
      Checksum.crc32(bytes[header.front]) == header.frontChecksum,
      Checksum.crc32(bytes[header.body]) == header.bodyChecksum
    else { return nil }
    tip = header.tip
    front = Array(bytes[header.front])
    bytes.removeFirst(header.body.lowerBound)
    body = bytes
  }

  /// Reads the front if the file was made from the commit `tip`; nil otherwise.
  public static func front(path: String, schema: UInt64, tip: ObjectID) -> [UInt8]? {
    let first = 64 * 1024
    guard var bytes = read(path, count: first), let header = Header(bytes, schema: schema),
      header.tip == tip
    else { return nil }
    if header.front.upperBound > bytes.count {
      guard bytes.count == first, let more = read(path, count: header.front.upperBound) else {
        return nil
      }
      bytes = more
    }
    guard header.front.upperBound <= bytes.count,
      Checksum.crc32(bytes[header.front]) == header.frontChecksum
    else { return nil }
    return Array(bytes[header.front])
  }

  /// Puts the file into place at once, so that readers see the old one or this one.
  ///
  /// Not synced: what a power cut leaves is told by the checksums. False if it could not be written,
  /// as in a read-only repository; nothing is lost then but time.
  @discardableResult
  public func write(to path: String, schema: UInt64) -> Bool {
    let start = header(schema: schema) + front
    guard start.count + body.count <= Self.maximumBytes else { return false }
    Self.removeStale(beside: path)
    let temporary = "\(path).tmp-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    let descriptor = orch_open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0o644)
    guard descriptor >= 0 else { return false }
    let written = [start, body].allSatisfy { part in
      part.withUnsafeBytes { Self.writeAll($0, to: descriptor) }
    }
    close(descriptor)
    if written, rename(temporary, path) == 0 { return true }
    unlink(temporary)
    return false
  }

  private func header(schema: UInt64) -> [UInt8] {
    var bytes = Self.magic
    Self.append(schema, to: &bytes)
    bytes += tip.bytes
    Self.append(Checksum.crc32(front[...]), to: &bytes)
    Self.append(UInt64(front.count), to: &bytes)
    Self.append(UInt64(body.count), to: &bytes)
    Self.append(Checksum.crc32(body[...]), to: &bytes)
    Self.append(Checksum.crc32(bytes[...]), to: &bytes)
    return bytes
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

extension IndexFile {
  /// What the first bytes say, once they are known to be whole.
  private struct Header {
    let tip: ObjectID
    let front: Range<Int>
    let body: Range<Int>
    let frontChecksum: UInt32
    let bodyChecksum: UInt32
    var end: Int { body.upperBound }

    init?(_ bytes: [UInt8], schema: UInt64) {
      guard bytes.count >= headerBytes, bytes.starts(with: magic),
        Checksum.crc32(bytes[..<60]) == Self.number(bytes, 60),
        Self.number(bytes, 8) == schema, let tip = ObjectID(bytes: bytes[16..<36])
      else { return nil }
      let frontCount: UInt64 = Self.number(bytes, 40)
      let bodyCount: UInt64 = Self.number(bytes, 48)
      guard frontCount <= maximumBytes, bodyCount <= maximumBytes else { return nil }
      self.tip = tip
      front = headerBytes..<headerBytes + Int(frontCount)
      body = front.upperBound..<front.upperBound + Int(bodyCount)
      frontChecksum = Self.number(bytes, 36)
      bodyChecksum = Self.number(bytes, 56)
    }

    private static func number<Number: FixedWidthInteger>(
      _ bytes: [UInt8], _ offset: Int
    ) -> Number {
      bytes.withUnsafeBytes {
        Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
      }
    }
  }

  /// The first `count` bytes of a file, or as many as it has; all of it for nil.
  private static func read(_ path: String, count: Int?) -> [UInt8]? {
    let descriptor = orch_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      Int(information.st_size) <= maximumBytes
    else { return nil }
    let wanted = min(count ?? .max, Int(information.st_size))
    var isWhole = true
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      while filled < wanted {
        let got = systemRead(descriptor, buffer.baseAddress.map { $0 + filled }, wanted - filled)
        guard got > 0 else {
          isWhole = false
          return
        }
        filled += got
      }
    }
    return isWhole ? bytes : nil
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var position = 0
    while position < bytes.count {
      let count = systemWrite(
        descriptor, bytes.baseAddress.map { $0 + position }, bytes.count - position)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      position += count
    }
    return true
  }

  /// Removes what killed processes have left of files like this one.
  private static func removeStale(beside path: String) {
    guard let slash = path.lastIndex(of: "/") else { return }
    let prefix = path[path.index(after: slash)...] + ".tmp-"
    for name in Folder.names(in: String(path[..<slash])) where name.hasPrefix(prefix) {
      var information = stat()
      let file = "\(path[..<slash])/\(name)"
      guard stat(file, &information) == 0 else { continue }
      #if canImport(Glibc)
        let modified = information.st_mtim.tv_sec
      #else
        let modified = information.st_mtimespec.tv_sec
      #endif
      if abs(time(nil) - modified) >= staleSeconds { unlink(file) }
    }
  }
}

private func systemRead(
  _ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> Int {
  read(descriptor, bytes, count)
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
