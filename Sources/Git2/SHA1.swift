internal import CPlatform

/// SHA-1 per FIPS 180-4: the checksums of packs and indexes, and the ids of trees and commits.
///
/// It does not detect collision attacks, as libgit2's own does: folders and commits of the state are
/// made of ids, names and cleaned text, which leave no room for the blocks of one. Files, whose bytes
/// come from elsewhere, get their ids from libgit2.
struct SHA1 {
  private var hash = orch_sha1()

  /// Begins a digest; `accelerated` may be false to use no special instructions.
  init(accelerated: Bool = true) { orch_sha1_begin(&hash, accelerated) }

  /// Adds bytes.
  mutating func add(_ bytes: some Collection<UInt8>) {
    let whole: Void? = bytes.withContiguousStorageIfAvailable {
      orch_sha1_add(&hash, $0.baseAddress, $0.count)
    }
    if whole == nil {
      Array(bytes).withUnsafeBytes { orch_sha1_add(&hash, $0.baseAddress, $0.count) }
    }
  }

  /// The 20 bytes; ends the digest.
  consuming func digest() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: ObjectID.byteCount) { buffer, count in
      orch_sha1_end(&hash, buffer.baseAddress)
      count = ObjectID.byteCount
    }
  }

  /// The 20 bytes of a message's digest.
  static func digest(_ message: [UInt8]) -> [UInt8] {
    var hash = SHA1()
    hash.add(message)
    return hash.digest()
  }

  /// The id of an object.
  static func id(of content: [UInt8], _ kind: ObjectKind) -> ObjectID {
    var hash = SHA1()
    hash.add("\(kind.name) \(content.count)\0".utf8)
    hash.add(content)
    var id = ObjectID.zero
    withUnsafeTemporaryAllocation(byteCount: ObjectID.byteCount, alignment: 8) { buffer in
      orch_sha1_end(&hash.hash, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
      id = ObjectID(buffer: UnsafeRawBufferPointer(buffer)) ?? .zero
    }
    return id
  }
}
