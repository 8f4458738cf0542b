import Foundation
import Git2
import TestSupport
import Testing

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Split index files` {
  let scratch = Scratch.current

  private var path: String { scratch["repo/.git/index"] }

  private func listing() throws -> String {
    try withoutFlags(scratch.git("ls-files", "-s", "-v", "--debug", in: "repo"))
  }

  /// git notes in memory where an entry comes from, and prints that too.
  private func withoutFlags(_ text: String) -> String {
    text.split(separator: "\n").map { $0.components(separatedBy: "\tflags:")[0] }.joined(
      separator: "\n")
  }

  private var isSplit: Bool {
    get throws {
      try Data(contentsOf: URL(fileURLWithPath: path)).range(of: Data("link".utf8)) != nil
    }
  }

  /// Adds, changes and removes files as a user does.
  private func change(_ random: inout SeededRandom) throws {
    for _ in 0..<Int.random(in: 0...30, using: &random) {
      let name =
        "repo/\(["", "d/", "d/e/"][Int.random(in: 0..<3, using: &random)])f\(Int.random(in: 0..<300, using: &random))"
      if Int.random(in: 0..<3, using: &random) == 0 {
        try? FileManager.default.removeItem(atPath: scratch[name])
      } else {
        try scratch.write(name, "\(UInt32.random(in: 0 ... .max, using: &random))\n")
      }
    }
    try scratch.git("add", "-A", in: "repo")
  }

  @Test(arguments: [2, 4])
  func `are read with the file that they are the difference to`(version: Int) throws {
    let seed = TestSeed.next()
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    try scratch.repository(
      files: Dictionary(uniqueKeysWithValues: (0..<200).map { ("d/f\($0)", "\($0)\n") }))
    // git would write a new shared file as soon as a fifth of the entries differ.
    try scratch.git("config", "splitIndex.maxPercentChange", "100", in: "repo")
    try scratch.git("update-index", "--index-version", String(version), in: "repo")
    try scratch.git("update-index", "--split-index", in: "repo")
    for _ in 0..<12 {
      try change(&random)
      #expect(try isSplit)
      let before = try listing()
      let index = try IndexFile(path: path)
      #expect(
        index.entries.map { index.text($0) }
          == (try scratch.git("ls-files", in: "repo").split(separator: "\n").map(String.init)))
      try index.write(to: scratch["copy"])
      let copy = try scratch.run(
        ["git", "ls-files", "-s", "-v", "--debug"], in: "repo",
        environment: ["GIT_INDEX_FILE": scratch["copy"]])
      #expect(withoutFlags(copy.output) == before)
    }
    try IndexFile(path: path).write(to: path)
    #expect(try !isSplit)
    #expect(try scratch.git("status", "--porcelain", in: "repo").contains("??") == false)
    try scratch.git("fsck", "--strict", in: "repo")
  }

  @Test func `without that file, or with another one, are damaged`() throws {
    try scratch.repository(files: ["a": "1\n", "b": "2\n"])
    try scratch.git("update-index", "--split-index", in: "repo")
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch["repo/.git"])
    let shared = try #require(names.first { $0.hasPrefix("sharedindex.") })
    try scratch.write("repo/.git/\(shared)", "DIRC")
    #expect(throws: IndexError.self) { try IndexFile(path: path) }
    try FileManager.default.removeItem(atPath: scratch["repo/.git/\(shared)"])
    let error = #expect(throws: IndexError.self) { try IndexFile(path: path) }
    #expect("\(String(describing: error))".contains(shared))
  }
}
