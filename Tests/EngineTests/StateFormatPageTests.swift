import Foundation
import GitState
import TestSupport
import Testing
import Workflow

@testable import Engine

/// The specification of the state against the sources that write it.
@Suite struct `The state's format` {
  private let page: String
  /// Every word that stands in a code span.
  private let words: Set<String>

  init() throws {
    page = try String(
      contentsOfFile: BuiltProgram.sourceRoot + "/docs/state-format.md", encoding: .utf8)
    var found: Set<String> = []
    for (index, piece) in page.components(separatedBy: "`").enumerated() where index % 2 == 1 {
      found.insert(piece)
      for word in piece.split(whereSeparator: { !($0.isLetter || "_.".contains($0)) }) {
        found.insert(String(word))
      }
    }
    words = found
  }

  /// Files whose objects are stored in the state, below the room.
  private static let codings = [
    "TaskCoding", "PullRequestCoding", "ObligationCoding", "AttemptConditions+Coding", "PlanCoding",
    "Messages", "ResolutionLibrary", "Jobs/JobView", "EffectRunner+Start", "EffectRunner+Messages",
    "LessonCoding", "NewTask", "Jobs/JobStore",
  ]

  private func source(_ file: String) throws -> String {
    try String(
      contentsOfFile: BuiltProgram.sourceRoot + "/Sources/Engine/\(file).swift", encoding: .utf8)
  }

  @Test(arguments: codings) func `names every field that is written`(file: String) throws {
    let text = try source(file)
    let patterns = [
      #"fields\["([a-z_.]+)"\]"#, #"\.(?:set|max|add)\("([a-z_.]+)""#,
      #""([a-z_]+)": "#, #"static let \w+ = "([a-z.]+)""#,
    ]
    // The variables of a worker's environment are in capitals and are not found.
    var keys: Set<String> = []
    for pattern in patterns {
      for match in text.matches(of: try Regex(pattern, as: (Substring, Substring).self)) {
        keys.insert(String(match.output.1))
      }
    }
    #expect(!keys.isEmpty)
    let missing = keys.filter { key in
      !words.contains(key) && !(key.hasSuffix(".") && words.contains { $0.hasPrefix(key) })
    }
    #expect(missing.isEmpty, "\(file): \(missing.sorted())")
  }

  @Test func `names every value that a field may have`() {
    var values = AttemptOutcome.allCases.map(\.rawValue) + FailureKind.allCases.map(\.rawValue)
    values += TaskKind.allCases.map(\.rawValue) + TaskSource.allCases.map(\.rawValue)
    values += LessonOrigin.allCases.map(\.rawValue) + TaskStatus.allCases.map(\.rawValue)
    values += PullRequestStatus.allCases.map(\.rawValue)
    values += RetryCause.allCases.map(\.rawValue) + AttemptPurpose.allCases.map(\.rawValue)
    #expect(values.filter { !words.contains($0) } == [])
  }

  @Test func `names every place of the tree and every trailer`() throws {
    for collection in RecordCollection.allCases {
      #expect(page.contains("\n\(collection.rawValue)/<aa>/"), "\(collection)")
      #expect(page.contains(collection.snapshotName), "\(collection)")
    }
    let folder = BuiltProgram.sourceRoot + "/Sources/"
    var trailers: Set<String> = []
    for room in ["GitState", "Engine"] {
      for case let name as String in FileManager.default.enumerator(atPath: folder + room)
        ?? .init()
      {
        guard name.hasSuffix(".swift") else { continue }
        let text = try String(contentsOfFile: "\(folder)\(room)/\(name)", encoding: .utf8)
        for match in text.matches(of: /"(Orch-[A-Z][a-z]+)"/) { trailers.insert(String(match.1)) }
      }
    }
    #expect(trailers.count > 8)
    // Those of workers' commits and of claims are no part of the state.
    let outside: Set = ["Orch-Branch", "Orch-Base", "Orch-Claim", "Orch-Reason"]
    #expect(trailers.subtracting(outside).filter { !page.contains("`\($0)") } == [])
  }

  @Test func `has a test for every row of its matrix`() throws {
    let section = try #require(page.components(separatedBy: "## A test for an implementation").last)
    let rows = section.components(separatedBy: "\n").filter {
      $0.hasPrefix("| ") && !$0.hasPrefix("| ---") && !$0.hasPrefix("| input")
    }
    #expect(rows.count >= 11)
    let folder = BuiltProgram.sourceRoot + "/Tests/GitStateTests"
    var sources = ""
    for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init()
    where name.hasSuffix(".swift") {
      sources += try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }
    for row in rows {
      let cells = row.components(separatedBy: " | ")
      let names = (cells.last ?? "").components(separatedBy: "`").enumerated()
        .filter { $0.offset % 2 == 1 }.map(\.element)
      #expect(cells.count == 3 && !names.isEmpty, "\(row)")
      for name in names { #expect(sources.contains("func `\(name)`"), "\(name)") }
    }
  }

  @Test func `names follow from what they name as the page says`() throws {
    // FNV-1a of 64 bits over `a/b/0`, folded.
    var hash: UInt64 = 14_695_981_039_346_656_037
    for byte in "a/b/0".utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
    let folded = (hash ^ (hash >> 48)) & 0xFFFF_FFFF_FFFF
    let digits = String(folded, radix: 16)
    let name = String(repeating: "0", count: 12 - digits.count) + digits
    #expect(RecordID.derived("a/b/0")?.text == name)
    for text in ["lesson", "ask", "firing", "job"] {
      #expect(page.contains("`orch\\n\(text)\\n"), "\(text)")
    }
  }
}

/// The page of references against the names that the sources use.
@Suite struct `The page of references` {
  @Test func `has a row for every reference, and none for another`() throws {
    let page = try String(
      contentsOfFile: BuiltProgram.sourceRoot + "/docs/refs.md", encoding: .utf8)
    let layout = try String(
      contentsOfFile: BuiltProgram.sourceRoot + "/Sources/GitState/RefLayout.swift", encoding: .utf8
    )
    let known = layout.matches(of: /= "(refs\/[a-z\/]+)"/).map { String($0.1) }
    #expect(known.count > 8)
    let rows = page.components(separatedBy: "\n").compactMap { line in
      line.hasPrefix("| `refs/") ? line.components(separatedBy: "`")[1] : nil
    }
    for name in known {
      #expect(
        rows.contains { $0 == name || (name.hasSuffix("/") && $0.hasPrefix(name)) }, "\(name)")
    }
    for row in rows where !row.hasPrefix("refs/heads/") {
      #expect(known.contains { row == $0 || ($0.hasSuffix("/") && row.hasPrefix($0)) }, "\(row)")
    }
  }
}
