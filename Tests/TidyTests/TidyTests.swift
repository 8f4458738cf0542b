import Foundation
import Testing

/// A source file of the repository.
private struct Source {
  let path: String
  let text: String

  var room: String {
    let parts = path.split(separator: "/").map(String.init)
    if parts[0] == "Sources" { return parts[1] }
    return parts[0] == "prompts" ? "Prompts" : "Hooks"
  }
}

/// The rules of ARCHITECTURE.md that a script can check.
@Suite struct `The house rules` {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Which rooms each room may import; the arrows of ARCHITECTURE.md.
  private static let doors: [String: Set<String>] = [
    "JSON": [], "Folders": [], "Git2": ["Folders", "CGit2", "CZlib", "CPlatform"], "Workflow": [],
    "Redaction": [], "Schedules": [],
    "GitState": ["Git2", "JSON", "Folders", "CPlatform"], "Worktrees": ["Git2", "CPlatform"],
    "GitCLI": ["Subprocess", "SystemPackage"],
    "Agents": ["Redaction", "JSON", "Folders", "CPlatform"],
    "Forge": [
      "JSON", "Redaction", "AsyncHTTPClient", "NIOCore", "NIOHTTP1", "NIOHTTPCompression",
      "NIOPosix", "NIOSSL", "Crypto", "CryptoExtras",
    ],
    "Settings": ["JSON", "Schedules", "Yams"], "Prompts": ["JSON"], "Hooks": [],
    "Engine": [
      "JSON", "Git2", "GitState", "Worktrees", "Workflow", "Schedules", "GitCLI", "Agents",
      "Folders",
    ],
    "Dashboard": ["Engine", "Workflow"],
    "orch": [
      "Dashboard", "Forge", "JSON", "Git2", "GitState", "Worktrees", "Workflow", "GitCLI",
      "Redaction", "Schedules",
      "Agents",
      "Settings",
      "Prompts", "Hooks", "Engine", "Folders", "CPlatform", "ArgumentParser",
    ],
  ]
  private static let system: Set<String> = [
    "Glibc", "Darwin", "Dispatch", "Synchronization", "Foundation", "FoundationEssentials",
  ]

  private static func sources(_ folders: [String]) throws -> [Source] {
    var result: [Source] = []
    for folder in folders {
      let base = root.appendingPathComponent(folder)
      let names = try FileManager.default.subpathsOfDirectory(atPath: base.path)
      for name in names where name.hasSuffix(".swift") {
        let text = try String(contentsOf: base.appendingPathComponent(name), encoding: .utf8)
        result.append(Source(path: "\(folder)/\(name)", text: text))
      }
    }
    return result
  }

  private static let product = ["Sources", "prompts", "hooks"]

  /// Imports of a text that a room may not have.
  private static func forbiddenImports(_ text: String, room: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let keyword = words.firstIndex(of: "import"), keyword <= 1,
        let name = words.dropFirst(keyword + 1).first.map(String.init)
      else { return nil }
      let allowed = (doors[room] ?? []).union(system)
      return allowed.contains(name) ? nil : name
    }
  }

  /// Words that a text must not have outside comments and strings.
  private static func forbiddenWords(_ text: String, in path: String) -> [String] {
    let isEdge = path.hasPrefix("Sources/orch/")
    var words = ["fatalError(", "try!", "as!", ".unsafelyUnwrapped", "Task.detached"]
    if !isEdge { words += ["print(", "ProcessInfo", "getenv(", " exit("] }
    if !path.hasPrefix("Sources/Git2/") {
      words += ["nonisolated(unsafe)", "@unchecked Sendable", "CGit2"]
    }
    let code = text.split(separator: "\n").filter {
      !$0.drop { $0 == " " }.hasPrefix("//")
    }.joined(separator: "\n")
    return words.filter(code.contains)
  }

  @Test func `rooms import only what their doors allow`() throws {
    for source in try Self.sources(Self.product) {
      #expect(Self.doors[source.room] != nil, "\(source.path): a room without doors in this test")
      let wrong = Self.forbiddenImports(source.text, room: source.room)
      #expect(wrong == [], "\(source.path)")
    }
    #expect(
      Self.forbiddenImports("import Foundation\ninternal import CGit2", room: "Engine") == ["CGit2"]
    )
  }

  @Test func `no file is longer than five hundred lines`() throws {
    for source in try Self.sources(Self.product + ["Tests"]) {
      #expect(source.text.split(separator: "\n").count <= 500, "\(source.path)")
    }
  }

  @Test func `no printing, no environment, no exits, no traps outside the edge`() throws {
    for source in try Self.sources(Self.product) {
      #expect(Self.forbiddenWords(source.text, in: source.path) == [], "\(source.path)")
    }
    #expect(
      Self.forbiddenWords("let x = try! y()\n// fatalError(", in: "Sources/A/B.swift") == ["try!"])
    #expect(Self.forbiddenWords("print(1)", in: "Sources/orch/B.swift") == [])
  }

  @Test func `nothing is left unfinished`() throws {
    let marks = ["// TO" + "DO", "FIX" + "ME", "not " + "implemented", "for" + " now."]
    for source in try Self.sources(Self.product) {
      for mark in marks { #expect(!source.text.contains(mark), "\(source.path): \(mark)") }
    }
  }

  @Test func `types say what they are`() throws {
    let endings = ["Manager", "Helper", "Utils", "Common"]
    for source in try Self.sources(Self.product) {
      for line in source.text.split(separator: "\n") {
        let words = line.split { !$0.isLetter && !$0.isNumber }
        guard
          let kind = words.firstIndex(where: { ["struct", "class", "enum", "actor"].contains($0) }),
          let name = words.dropFirst(kind + 1).first, line.contains("{")
        else { continue }
        #expect(!endings.contains { name.hasSuffix($0) }, "\(source.path): \(name)")
      }
    }
  }

  @Test func `tests neither sleep nor assert nothing`() throws {
    let banned = ["Task." + "sleep", "Thread." + "sleep", "usleep" + "(", "#expect(" + "true)"]
    for source in try Self.sources(["Tests"]) {
      for word in banned { #expect(!source.text.contains(word), "\(source.path): \(word)") }
      // Foundation's process sees an end late or never if others are started beside it; `ChildProcess` does not. The
      // fake, a program of its own, starts only what ends.
      let isFoundations = source.text.contains(" Process" + "()")
      #expect(!isFoundations || source.path.hasPrefix("Tests/GitHubFake/"), "\(source.path)")
    }
  }

  /// The suites of a file of tests that are larger or draw other seeds in a proof, or that kill at steps.
  private static func proofs(in text: String) -> Set<String> {
    let marks = [
      "ORCH_" + "PROVE", "proof" + "Count(", "TestSeed" + ".next(", "FaultLibrary" + "(",
    ]
    var suites: [String] = []
    var found: Set<String> = []
    var isOfAll = false
    for line in text.split(separator: "\n") {
      if let name = line.firstMatch(of: /struct `([^`]+)`/) { suites.append(String(name.1)) }
      guard marks.contains(where: line.contains) else { continue }
      if let suite = suites.last { found.insert(suite) } else { isOfAll = true }
    }
    return isOfAll ? Set(suites) : found
  }

  @Test func `every proof is among those of 'make prove'`() throws {
    let makefile = try String(
      contentsOf: Self.root.appendingPathComponent("Makefile"), encoding: .utf8)
    let list = try #require(makefile.firstMatch(of: /\nPROOFS = ((?:.*\\\n)*.*)\n/)?.1)
    let names = list.replacingOccurrences(of: "\\\n", with: "").split(separator: "|")
    let sources = try Self.sources(["Tests"])
    for source in sources where !source.path.hasPrefix("Tests/TestSupport/") {
      for suite in Self.proofs(in: source.text) {
        let isNamed = names.contains { suite.contains($0) }
        #expect(isNamed, "\(source.path): name '\(suite)' in PROOFS of the Makefile")
      }
    }
    // And none of them is a name that no suite has.
    let all = sources.map(\.text).joined()
    for name in names { #expect(all.contains("struct `\(name)"), "\(name)") }
    #expect(Self.proofs(in: "struct `A` {}\nstruct `B` { proof" + "Count(1) }") == ["B"])
  }

  @Test func `random tests begin with a seed that can be given`() throws {
    let banned = [".random(in: 0 " + "... .max)", "UInt64" + ".random(in: 0...UInt64.max)"]
    for source in try Self.sources(["Tests"]) {
      for word in banned { #expect(!source.text.contains(word), "\(source.path): \(word)") }
    }
  }

  @Test func `links in the documents lead somewhere`() throws {
    let names = try FileManager.default.subpathsOfDirectory(atPath: Self.root.path)
      .filter { $0.hasSuffix(".md") && !$0.hasPrefix(".build") && !$0.contains("/Golden/") }
    #expect(
      Set(names).isSuperset(of: ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"])
    )
    for name in names {
      let file = Self.root.appendingPathComponent(name)
      let text = try String(contentsOf: file, encoding: .utf8)
      for part in text.components(separatedBy: "](").dropFirst() {
        let target = part.prefix { $0 != ")" && $0 != "#" }
        if target.isEmpty || target.contains("://") || target.contains(" ") { continue }
        let path = file.deletingLastPathComponent().appendingPathComponent(String(target)).path
        #expect(FileManager.default.fileExists(atPath: path), "\(name): \(target)")
      }
    }
  }

  @Test(arguments: ["task-machine", "pull-request-machine", "pull-request-calls"])
  func `a table in ARCHITECTURE is the recorded one`(name: String) throws {
    let read = { (name: String) in
      try String(contentsOf: Self.root.appendingPathComponent(name), encoding: .utf8)
    }
    #expect(
      try read("ARCHITECTURE.md").contains(read("Tests/WorkflowTests/Golden/\(name).md")))
  }
}
