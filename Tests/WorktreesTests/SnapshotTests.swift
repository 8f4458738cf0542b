import Foundation
import Git2
import TestSupport
import Testing

@testable import Worktrees

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Snapshots of worktrees` {
  let scratch = Scratch.current
  let signature = Signature(name: "orch", email: "orch@localhost", seconds: 1_700_000_000)

  /// The tree of a snapshot, after a look that nothing of the worktree's was touched.
  private func snapshot(_ worktree: Worktree) async throws -> String {
    let folder = try scratch.git("rev-parse", "--absolute-git-dir", in: worktree.path)
    let before = FileManager.default.contents(atPath: folder + "/index")
    let snapshot = try await worktree.snapshot(
      message: "wip\n", by: signature, git: scratch.gitRunner)
    #expect(FileManager.default.contents(atPath: folder + "/index") == before)
    #expect(
      try scratch.git("rev-parse", "\(snapshot.commit)^{tree}", in: "repo") == snapshot.tree.hex)
    return snapshot.tree.hex
  }

  @Test func `a worktree that is as it was is the same snapshot, and nothing is written for it`()
    async throws
  {
    try scratch.repository(files: ["a.txt": "1\n"])
    let worktree = try await scratch.create(scratch.worktree())
    let write = { (text: String) in
      try text.write(toFile: worktree.path + "/b.txt", atomically: true, encoding: .utf8)
    }
    try write("2\n")
    let take = { (seconds: Int64, last: ObjectID?) in
      try await worktree.snapshot(
        message: "wip \(seconds)\n",
        by: Signature(name: "orch", email: "orch@localhost", seconds: seconds),
        git: scratch.gitRunner, unlessLike: last)
    }
    let first = try await take(1, nil)
    let objects = try scratch.git("count-objects", "-v", in: "repo")
    #expect(try await take(2, first.commit) == first)
    #expect(try scratch.git("count-objects", "-v", in: "repo") == objects)
    try write("3\n")
    let second = try await take(3, first.commit)
    #expect(second.commit != first.commit && second.tree != first.tree)
    try scratch.git("commit", "-q", "--allow-empty", "-m", "moved", in: worktree.path)
    #expect(try await take(4, second.commit).commit != second.commit)
  }

  @Test func `a file that somebody writes to as fast as it is read is read up to its size`() throws
  {
    try scratch.repository(files: ["a": "1\n"])
    let size = 2 << 20
    try scratch.write("repo/early", String(repeating: "x", count: size))
    try scratch.write("repo/grown", String(repeating: "x", count: 3 << 20))
    let early = try scratch.git("hash-object", "early", in: "repo")
    let descriptor = open(scratch["repo/grown"], O_RDONLY)
    defer { close(descriptor) }
    #expect(FileText.readAll(descriptor, expecting: size)?.count == size)
    let repository = try Repository(at: scratch["repo"])
    lseek(descriptor, 0, SEEK_SET)
    #expect(try repository.writeBlob(from: descriptor, size: size).hex == early)
    lseek(descriptor, 0, SEEK_SET)
    #expect(try Repository.id(ofFile: descriptor, size: size).hex == early)
    // One that was small is taken whole.
    let small = open(scratch["repo/a"], O_RDONLY)
    defer { close(small) }
    #expect(FileText.readAll(small, expecting: 0) == Array("1\n".utf8))
    #expect(throws: GitError.self) { try repository.writeBlob(from: small, size: 10) }
  }

  @Test func `large files are compared with the index in pieces`() async throws {
    try scratch.repository(files: ["a": "1\n"])
    let make = "head -c 20000000 /dev/zero"
    _ = try scratch.run(["sh", "-c", "\(make) > big; \(make) > same"], in: "repo")
    try scratch.git("add", ".", in: "repo")
    try scratch.git("commit", "-qm", "large", in: "repo")
    let worktree = try await scratch.create(scratch.worktree())
    let change = "touch same; printf x | dd of=big conv=notrunc 2> /dev/null; \(make) > new"
    _ = try scratch.run(["sh", "-c", change], in: worktree.path)
    let before = try scratch.git("count-objects", "-v", in: "repo")
    #expect(try worktree.status().changedFiles == ["big", "new"])
    #expect(try scratch.git("count-objects", "-v", in: "repo") == before)
  }

  @Test(arguments: 0..<6)
  func `random worktrees are what git add and write-tree make of them`(part: Int) async throws {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    try scratch.repository(files: ["a/b/c.txt": "1\n", "a/d.txt": "2\n", "e": "3\n", "f.o": "4\n"])
    let worktree = try await scratch.create(scratch.worktree())
    let folder = worktree.path
    var play = RandomPlay(folder: folder, scratch: scratch)
    for round in 0..<12 {
      for _ in 0..<Int.random(in: 1...6, using: &random) { try play.step(using: &random) }
      let expected = try scratch.treeByGit(folder)
      let tree = try await snapshot(worktree)
      if tree != expected {
        let difference = try scratch.git("diff-tree", "-r", expected, tree, in: "repo")
        Issue.record(
          "seed \(seed) round \(round): \(difference)\n\(play.log.joined(separator: "\n"))")
        return
      }
    }
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }
}

/// Random changes of a worktree, as agents and people make them.
private struct RandomPlay {
  let folder: String
  let scratch: Scratch
  var log: [String] = []

  private static let names = [
    "a", "b", "a/b", "a/b/c.txt", "a/d.txt", "e", "f.o", "g/h/i", "build/out.o", "build/keep",
    "x y", "q\"uote", "new\nline", "ü", "-dash", "a.b", "a/b.c", "deep/er/and/deeper/file.log",
  ]
  private static let ignores = [
    "*.o", "build/", "/a/b", "!f.o", "!build/keep", "*.log", "**/c.txt", "a/**", "!a/b/", "x*",
    "[a-e]", "deep/**/file.log", "/*/h", "\\-dash", "g/", "# no", "  ", "x\\ y", "?", "**/deeper",
  ]
  private static let attributes = [
    "* text=auto", "*.txt text", "*.o -text", "a/** text eol=lf", "e binary", "*.log text=auto",
    "[attr]mine text\n*.txt mine", "build/* !text",
  ]
  private static let contents = [
    "", "1\n", "2\n", "3\n", "crlf\r\nline\r\n", "mixed\r\nline\n", "lone\rcr\r\n", "bin\0\r\n",
    "same", "emas",
  ]

  mutating func step(using random: inout some RandomNumberGenerator) throws {
    let name = Self.names.randomElement(using: &random) ?? ""
    let other = Self.names.randomElement(using: &random) ?? ""
    let content = Self.contents.randomElement(using: &random) ?? ""
    switch Int.random(in: 0..<16, using: &random) {
    case 0...4: try write(name, content)
    case 5: shell("rm -rf", name)
    case 6:
      shell("mkdir -p \"$(dirname \"$1\")\" && rm -rf \"$1\" && ln -s target", name, last: true)
    case 7: shell("chmod +x", name)
    case 8: shell("rm -rf \"$1\" && mkdir -p", name, last: true)
    case 9: git(["add", "--", name])
    case 10: git(["rm", "-r", "-q", "--cached", "--ignore-unmatch", "--", name])
    case 11: git(["add", "-N", "--", name])
    case 12: try write(Bool.random(using: &random) ? ".gitignore" : "a/.gitignore", ignore(&random))
    case 13:
      try write(".gitattributes", (Self.attributes.randomElement(using: &random) ?? "") + "\n")
    case 14: git(["mv", "-f", "--", name, other])
    default:
      git(["add", "-A"])
      if Bool.random(using: &random) { git(["commit", "-qm", "x", "--allow-empty"]) }
      // The same size in the same second: only the content tells.
      try write(name, String(content.reversed()))
    }
  }

  private func ignore(_ random: inout some RandomNumberGenerator) -> String {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in
      Self.ignores.randomElement(using: &random) ?? ""
    }.joined(separator: "\n") + "\n"
  }

  private mutating func write(_ name: String, _ content: String) throws {
    log.append("write \(name.debugDescription) \(content.debugDescription)")
    _ = try? scratch.run(
      [
        "sh", "-c", "mkdir -p \"$(dirname \"$1\")\" && [ ! -d \"$1\" ] && cat > \"$1\"", "sh",
        "./" + name,
      ],
      in: folder, input: content)
  }

  private mutating func shell(_ command: String, _ name: String, last: Bool = false) {
    log.append("\(command) \(name.debugDescription)")
    _ = try? scratch.run(["sh", "-c", command + " \"$1\"", "sh", "./" + name], in: folder)
  }

  private mutating func git(_ arguments: [String]) {
    log.append("git " + arguments.joined(separator: " "))
    _ = try? scratch.run(["git"] + arguments, in: folder)
  }
}
