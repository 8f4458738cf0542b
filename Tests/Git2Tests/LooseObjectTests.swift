import Foundation
import Git2
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Single objects` {
  let scratch = Scratch.current

  private func file(_ id: String) -> URL {
    URL(fileURLWithPath: scratch["repo/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))"])
  }

  /// Makes a blob with git; returns its id.
  private func store(_ bytes: Data) throws -> String {
    try bytes.write(to: URL(fileURLWithPath: scratch["repo/content"]))
    let id = try scratch.git("hash-object", "-w", "content", in: "repo")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: file(id).path)
    return id
  }

  private func read(_ id: String) throws -> [UInt8] {
    let repository = try Repository(at: scratch["repo"])
    return try repository.bytes(of: #require(ObjectID(hex: id)), .blob)
  }

  @Test(arguments: [0, 1, 15, 16, 17, 1000, 70_000, 3_000_000])
  func `are read as git wrote them, of any size`(size: Int) throws {
    try scratch.repository("repo", files: ["a": "a\n"])
    var random = SeededRandom(seed: TestSeed.next())
    let words = Data((0..<size).map { _ in UInt8.random(in: 0...3, using: &random) })
    let id = try store(words)
    #expect(try read(id) == Array(words))
    let repository = try Repository(at: scratch["repo"])
    let header = try repository.header(of: #require(ObjectID(hex: id)))
    #expect(header?.kind == .blob && header?.size == size)
  }

  /// libgit2 1.5 alone goes round in circles.
  @Test func `that are cut off anywhere are said to be damaged`() throws {
    try scratch.repository("repo", files: ["a": "a\n"])
    let id = try store(Data("a text of some length, that is cut off at each of its bytes".utf8))
    let whole = try Data(contentsOf: file(id))
    for count in 0..<whole.count {
      try whole.prefix(count).write(to: file(id))
      let error = #expect(throws: GitError.self, "\(count)") { try read(id) }
      #expect(
        error?.message.contains("is damaged") == true, "\(count): \(String(describing: error))")
    }
    try whole.write(to: file(id))
    #expect(try read(id).count == 59)
  }

  @Test func `with more than belongs to them, or another size, are said to be damaged`() throws {
    try scratch.repository("repo", files: ["a": "a\n"])
    let id = try store(Data("text".utf8))
    let whole = try Data(contentsOf: file(id))
    try (whole + Data([0])).write(to: file(id))
    #expect(throws: GitError.self) { try read(id) }
    for content in ["blob 3\0text", "blob 5\0text", "blob x\0text", "blub 4\0text", "blob 4", ""] {
      let made = try scratch.run(
        [
          "python3", "-c",
          """
          import sys, zlib
          packed = zlib.compress(sys.argv[1].encode().replace(b'|', bytes(1)))
          open(sys.argv[2], 'wb').write(packed)
          """, content.replacing("\0", with: "|"), file(id).path,
        ], in: "repo")
      #expect(made.exitCode == 0, "\(made)")
      #expect(throws: GitError.self, "\(content)") { try read(id) }
    }
  }

  @Test(arguments: ["ln -s ../../../content", "mkfifo", "mkdir"])
  func `in whose place is something else are said to be damaged, and nothing is waited for`(
    command: String
  ) throws {
    try scratch.repository("repo", files: ["a": "a\n"])
    let id = try store(Data("text".utf8))
    let whole = try Data(contentsOf: file(id))
    try whole.write(to: URL(fileURLWithPath: scratch["repo/content"]))
    try FileManager.default.removeItem(at: file(id))
    let made = try scratch.run(["sh", "-c", "\(command) '\(file(id).path)'"], in: "repo")
    #expect(made.exitCode == 0, "\(made)")
    let error = #expect(throws: GitError.self) { try read(id) }
    #expect(error?.message.contains("is damaged") == true, "\(String(describing: error))")
  }

  @Test func `of which a pack has a sound copy do no harm`() throws {
    try scratch.repository("repo", files: ["a": "packed\n"])
    let id = try scratch.git("rev-parse", "HEAD:a", in: "repo")
    let loose = try Data(contentsOf: file(id))
    try scratch.git("repack", "-adq", in: "repo")
    try? FileManager.default.createDirectory(
      at: file(id).deletingLastPathComponent(), withIntermediateDirectories: true)
    try loose.prefix(loose.count / 2).write(to: file(id))
    #expect(try read(id) == Array("packed\n".utf8))
  }

  @Test func `that are cut off stop whatever walks over them`() throws {
    try scratch.repository("repo", files: ["a": "a\n"])
    let first = try scratch.git("rev-parse", "HEAD", in: "repo")
    for number in 1...3 {
      try scratch.git("commit", "-q", "--allow-empty", "-m", "\(number)", in: "repo")
    }
    let tip = try scratch.git("rev-parse", "HEAD", in: "repo")
    let middle = try scratch.git("rev-parse", "HEAD~1", in: "repo")
    let whole = try Data(contentsOf: file(middle))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: file(middle).path)
    try whole.prefix(whole.count / 2).write(to: file(middle))
    let repository = try Repository(at: scratch["repo"])
    let (old, new) = try (#require(ObjectID(hex: first)), #require(ObjectID(hex: tip)))
    #expect(throws: GitError.self) { try repository.contains(old, inHistoryOf: new) }
  }
}
