import Foundation
import Git2
import TestSupport
import Testing

@testable import GitState

/// How often random tests run: `usual` times, and a hundred times as often with ORCH_PROVE=1.
func proofCount(_ usual: Int, full: Int) -> Int {
  ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? full : usual
}

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Laws of the join` {
  let scratch = Scratch.current

  @Test func `order, grouping and repetition of joins do not matter, and no line is lost`() throws {
    try scratch.repository()
    let repository = try Repository(at: scratch["repo"])
    let start = TestSeed.next()
    for offset in 0..<UInt64(proofCount(1000, full: 100_000)) {
      let seed = start &+ offset
      var generator = TreeGenerator(seed: seed)
      let trees = generator.triple()
      var pack = PackWriter()
      let ids = try trees.map { try $0.write(to: &pack) }
      let (a, b, c) = (ids[0], ids[1], ids[2])
      let ab = try join(a, b, &pack, in: repository)
      let laws = [
        try join(a, a, &pack, in: repository) == a,
        try join(b, a, &pack, in: repository) == ab,
        try join(ab, b, &pack, in: repository) == ab,
        try join(a, ab, &pack, in: repository) == ab,
        try join(ab, c, &pack, in: repository)
          == join(a, join(b, c, &pack, in: repository), &pack, in: repository),
      ]
      let joined = try TreeFixture(ab, pack, in: repository)
      let lost = trees[0...1].flatMap { facts(of: $0).subtracting(facts(of: joined)) }
      guard laws.contains(false) || !lost.isEmpty else { continue }
      Issue.record("seed \(start) + \(offset): laws \(laws), lost \(lost)")
      return
    }
  }

  private func join(
    _ one: ObjectID, _ other: ObjectID, _ pack: inout PackWriter,
    in repository: borrowing Repository
  ) throws -> ObjectID {
    var joiner = TreeJoiner()
    joiner.objects.pack = pack
    let id = try joiner.join(one, other, in: repository)
    pack = joiner.objects.pack
    return id
  }

  /// What must never be lost: each line of each log's folder, each content of each other folder's files.
  private func facts(of tree: TreeFixture) -> Set<String> {
    var facts: Set<String> = []
    for (path, file) in tree.files {
      let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        .replacingOccurrences(of: "~dir", with: "")
      let text = String(decoding: file.bytes, as: UTF8.self)
      if path.hasSuffix(".jsonl") {
        for line in text.split(separator: "\n") { facts.insert("\(folder) \(line)") }
      } else if !["task.json", "lesson.json", "job.json", "format.json", "README.md"].contains(
        where: path.hasSuffix)
      {
        facts.insert("\(folder) \(file.mode) \(text)")
      }
    }
    return facts
  }
}
