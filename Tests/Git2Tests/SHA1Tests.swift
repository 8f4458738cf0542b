import CPlatform
import TestSupport
import Testing

@testable import Git2

@Suite(.scratch, .timeLimit(.minutes(30))) struct `SHA-1` {
  private func hex(_ bytes: [UInt8], accelerated: Bool) -> String {
    var hash = SHA1(accelerated: accelerated)
    hash.add(bytes)
    return ObjectID(bytes: hash.digest())?.hex ?? ""
  }

  /// The examples of FIPS 180 and RFC 3174.
  @Test(
    arguments: [
      ("", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
      ("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
      ),
      ("a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
      (
        "0123456701234567012345670123456701234567012345670123456701234567", 10,
        "dea356a2cddd90c7a7ecedc5ebb563934f460452"
      ),
    ], [false, true])
  func `known answers`(example: (String, Int, String), accelerated: Bool) {
    let message = Array(String(repeating: example.0, count: example.1).utf8)
    #expect(hex(message, accelerated: accelerated) == example.2)
  }

  @Test func `both implementations agree at every length, also when added in parts`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    for length in 0..<400 {
      let message = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      let whole = hex(message, accelerated: false)
      #expect(hex(message, accelerated: true) == whole, "seed \(seed), \(length) bytes")
      var parts = SHA1()
      var rest = message[...]
      while !rest.isEmpty {
        let count = Int.random(in: 0...rest.count, using: &random)
        parts.add(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      #expect(ObjectID(bytes: parts.digest())?.hex == whole, "seed \(seed), \(length) bytes")
    }
  }

  @Test func `ids are those of git and libgit2`() throws {
    try Scratch.current.repository()
    for text in ["", "x", String(repeating: "hello\n", count: 5000)] {
      let bytes = Array(text.utf8)
      let id = SHA1.id(of: bytes, .blob)
      #expect(id == (try Repository.id(of: bytes, .blob)))
      #expect(try Scratch.current.git("hash-object", "--stdin", in: "repo", input: text) == id.hex)
    }
    #expect(SHA1.id(of: [], .tree).hex == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
  }
}
