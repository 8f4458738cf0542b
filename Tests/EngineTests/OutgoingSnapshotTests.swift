import Foundation
import Git2
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Checkpoints as they go out` {
  let scratch = Scratch.current

  /// Takes the word `secret` out.
  private static let redact: @Sendable ([UInt8]) -> [UInt8] = { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    return text.contains("secret")
      ? Array(text.replacingOccurrences(of: "secret", with: "[redacted:x]").utf8) : bytes
  }

  private func snapshots() -> OutgoingSnapshots {
    OutgoingSnapshots(at: scratch["repo"], redact: Self.redact)
  }

  /// Commits what stands in the worktree as orch does, beside the branch.
  private func checkpoint(_ parents: [String], subject: String = "orch: work of a") throws
    -> ObjectID
  {
    try scratch.git("add", "-A", in: "repo")
    let tree = try scratch.git("write-tree", in: "repo")
    let words = parents.flatMap { ["-p", $0] }
    let made = try scratch.run(
      ["git", "commit-tree", tree] + words + ["-m", subject], in: "repo")
    return try #require(ObjectID(hex: made.output.trimmingCharacters(in: .newlines)))
  }

  private func show(_ commit: ObjectID, _ path: String) throws -> String {
    try scratch.git("show", "\(commit):\(path)", in: "repo")
  }

  @Test func `are themselves where nothing looks like a secret, and the same each time else`()
    async throws
  {
    try scratch.repository(files: ["a.txt": "a\n", "d/b.txt": "one\nsecret of old\n"])
    try scratch.write("repo/new.txt", "new\n")
    let clean = try checkpoint(["main"])
    #expect(try await snapshots().commit(for: clean) == clean)
    try scratch.write("repo/d/b.txt", "two\nsecret of old\nsecret of now\n")
    try scratch.write("repo/e/f/only.txt", "a secret\n")
    let kept = try checkpoint(["main"])
    let out = try await snapshots().commit(for: kept)
    #expect(try await snapshots().commit(for: kept) == out && out != kept)
    #expect(try show(out, "d/b.txt") == "two\nsecret of old\n[redacted:x] of now")
    #expect(try show(out, "e/f/only.txt") == "a [redacted:x]")
    #expect(try show(out, "new.txt") == "new")
    #expect(try show(kept, "e/f/only.txt") == "a secret")
    let log = try scratch.git("log", "-1", "--format=%B%P", out.hex, in: "repo")
    #expect(log.hasPrefix("orch: work of a\n") && log.contains("a secret: d/b.txt, e/f/only.txt"))
    #expect(log.hasSuffix(try scratch.git("rev-parse", "main", in: "repo")))
    try scratch.git("fsck", "--strict", "--no-dangling", in: "repo")
  }

  @Test func `take secrets out of what was staged as out of what is in the files`() async throws {
    try scratch.repository(files: ["a.txt": "a\n"])
    try scratch.write("repo/.env", "a secret that was staged\n")
    try scratch.git("add", "-A", in: "repo")
    let staged = try checkpoint(["main"], subject: "orch: work that was staged")
    try scratch.write("repo/.env", "nothing\n")
    let kept = try checkpoint(["main", staged.hex])
    let out = try await snapshots().commit(for: kept)
    let texts = try scratch.run(
      ["git", "log", "-p", "-m", "--format=", "main..\(out)"], in: "repo"
    ).output
    #expect(out != kept && !texts.contains("a secret") && texts.contains("[redacted:x]"))
    #expect(try show(out, ".env") == "nothing")
  }

  @Test func `leave out what cannot be told line by line`() async throws {
    try scratch.repository(files: ["known.bin": "\0old\n", "a.txt": "a\n"])
    try scratch.write("repo/known.bin", "\0secret\n")
    try scratch.write("repo/only/new.bin", "\0secret\n")
    try FileManager.default.createSymbolicLink(
      atPath: scratch["repo/link"], withDestinationPath: "secret")
    let out = try await snapshots().commit(for: checkpoint(["main"]))
    let tree = try scratch.git("rev-parse", "\(out.hex)^{tree}", in: "repo")
    #expect(try tree == scratch.git("rev-parse", "main^{tree}", in: "repo"))
  }

  @Test func `have no older ones with secrets in their history, however many`() async throws {
    try scratch.repository()
    var last: ObjectID?
    let outgoing = snapshots()
    // What a long attempt keeps: each one has the one before in its history.
    for number in 0..<40 {
      try scratch.write("repo/.env", number % 3 == 0 ? "secret \(number)\n" : "\(number)\n")
      let kept = try checkpoint(["main"] + (last.map { [$0.hex] } ?? []))
      _ = number % 7 == 0 ? try await outgoing.commit(for: kept) : kept
      last = kept
    }
    let newest = try #require(last)
    let out = try await outgoing.commit(for: newest)
    #expect(try await snapshots().commit(for: newest) == out)
    for commit in try scratch.git("rev-list", out.hex, "^main", in: "repo").split(separator: "\n") {
      let found = try scratch.run(["git", "grep", "secret", String(commit)], in: "repo")
      #expect(found.output == "")
    }
    let count = try scratch.git("rev-list", "--count", out.hex, "^main", in: "repo")
    #expect(count == "40")
  }

  @Test func `are made anew where a user's gc has removed them`() async throws {
    try scratch.repository()
    try scratch.write("repo/.env", "a secret\n")
    let kept = try checkpoint(["main"])
    try scratch.git("update-ref", "refs/orch/wip/a/1", kept.hex, in: "repo")
    let outgoing = snapshots()
    let out = try await outgoing.commit(for: kept)
    try scratch.git("gc", "-q", "--prune=now", in: "repo")
    let gone = try scratch.run(["git", "cat-file", "-e", out.hex], in: "repo")
    #expect(gone.exitCode != 0)
    #expect(try await outgoing.commit(for: kept) == out)
    #expect(try show(out, ".env") == "a [redacted:x]")
  }

  @Test func `of which a part cannot be read do not go out, and people's commits are not touched`()
    async throws
  {
    try scratch.repository()
    try scratch.write("repo/.env", "a secret\n")
    let own = try checkpoint(["main"], subject: "Commit a secret")
    #expect(try await snapshots().commit(for: own) == own)
    try scratch.write("repo/more.txt", "more\n")
    let kept = try checkpoint(["main"])
    let blob = try scratch.git("rev-parse", "\(kept.hex):.env", in: "repo")
    try FileManager.default.removeItem(
      atPath: scratch["repo/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"])
    await #expect(throws: GitError.self) { try await snapshots().commit(for: kept) }
  }
}
