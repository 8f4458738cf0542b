import Agents
import Foundation
import JSON
import Testing

/// What a recorded run of a real program amounts to.
struct ExpectedRun: Sendable {
  /// The class that its end, its words and its exit make together.
  var failure: AgentFailureKind?
  /// How its session's name begins; nil if it said none.
  var session: String?
  var cost: Double?
  var input: Int?
  var output: Int?
  var tools = 0
  var denials = 0
  var text: String?
}

@Suite struct `Recorded outputs of real programs` {
  /// Every recorded run, by the name of its files.
  static let expected: [String: ExpectedRun] = [
    "claude-bypass-as-root": .init(failure: .crashed),
    "claude-bypass-sandbox-env": .init(session: "6a1914b7", cost: 0.015, input: 3000, output: 150),
    "claude-commit": .init(
      session: "90cbd3b3", cost: 0.015, input: 3000, output: 150,
      text: "Done: hello.txt is committed."),
    "claude-denied-is-success": .init(
      session: "d4b0d0b4", cost: 0.015, input: 3000, output: 150, denials: 1),
    "claude-disallowed-beats-bypass": .init(
      session: "8b04dd6b", cost: 0.015, input: 3000, output: 150, denials: 2, text: "tried"),
    "claude-dontAsk": .init(session: "eee74a67", cost: 0.015, input: 3000, output: 150),
    "claude-drop": .init(failure: .other, session: "10d19fc6", cost: 0),
    "claude-http-401": .init(failure: .authentication, session: "4dcf72f4", cost: 0),
    "claude-http-429": .init(failure: .rateLimited, session: "043d1181", cost: 0),
    "claude-http-500": .init(failure: .overloaded, session: "53635f18", cost: 0),
    "claude-http-529": .init(failure: .overloaded, session: "75d05c2b", cost: 0),
    "claude-max-budget": .init(
      failure: .budgetExceeded, session: "1e9c2523", cost: 2.4, text: "Reached maximum budget ($1)"),
    "claude-max-tokens": .init(
      failure: .other, session: "490b538a", cost: 0.02, input: 4000, output: 200),
    "claude-max-turns": .init(
      failure: .turnLimit, session: "bb35215d", cost: 0.015, input: 3000, output: 150,
      text: "Reached maximum number of turns (3)"),
    "claude-prompt-too-long": .init(failure: .contextExhausted, session: "47ab718a", cost: 0),
    "claude-retry-once": .init(
      session: "fc897f6e", cost: 0.005, input: 1000, output: 50, text: "recovered"),
    "claude-sigint": .init(
      failure: .killed, session: "dd45ba05", cost: 0.005, input: 1000, output: 50),
    "claude-sigkill-orphans": .init(failure: .killed),
    "claude-sigterm": .init(failure: .killed),
    "claude-stdin-pipe-left-open": .init(
      session: "610911cc", cost: 0.005, input: 1000, output: 50, text: "Just text."),
    "claude-stream": .init(
      session: "743f24ad", cost: 0.015, input: 3000, output: 150, tools: 2,
      text: "Done: hello.txt is committed."),
    "claude-stream-needs-verbose": .init(failure: .crashed),
    "claude-unknown-flag": .init(failure: .crashed),
    "codex-auth401": .init(failure: .authentication, session: "01a1fac4-f73f"),
    "codex-bypass": .init(session: "01a1fac4", input: 3000, output: 150, tools: 2),
    "codex-commit": .init(
      session: "01a1fac4-e64e", input: 3000, output: 150, tools: 2,
      text: "Done: hello.txt is committed."),
    "codex-default-is-read-only": .init(session: "01a1fac4-ecc7", input: 3000, output: 150),
    "codex-drop": .init(failure: .other, session: "01a1fac4-fdfd"),
    "codex-midstream-drop": .init(session: "01a1fac4-fc0c", input: 1000, output: 50),
    "codex-no-flag--full-auto": .init(failure: .crashed),
    "codex-no-flag-a": .init(failure: .crashed),
    "codex-no-flag-q": .init(failure: .crashed),
    "codex-overload503": .init(failure: .overloaded, session: "01a1fac4-f948"),
    "codex-quota429": .init(failure: .quota, session: "01a1fac4-faac"),
    "codex-rate429": .init(failure: .rateLimited, session: "01a1fac4-f938"),
    "codex-retry-once": .init(
      session: "01a1fac4-fb1d", input: 1000, output: 50, text: "recovered"),
    "codex-sigint": .init(failure: .crashed, session: "01a1fac5-005b"),
    "codex-sigterm-leaves-orphans": .init(failure: .killed, session: "01a1fac4-ff3d"),
    "codex-sigterm-sandboxed": .init(failure: .killed, session: "01a1fac5-060a"),
    "codex-stdin-pipe-left-open-hangs": .init(failure: .timedOut),
    "codex-workspace-write-cannot-commit-in-worktree": .init(
      session: "01a1fac4-f060", input: 3000, output: 150, tools: 2),
    "codex-workspace-write-with-git-dirs": .init(
      session: "01a1fac4-f4d6", input: 3000, output: 150, tools: 2),
  ]

  private static var folder: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
  }

  /// The recorded lines, none if the program printed nothing.
  private static func lines(_ name: String) -> [[UInt8]] {
    for ending in ["jsonl", "json"] {
      let file = folder.appendingPathComponent("\(name).\(ending)")
      guard let data = try? Data(contentsOf: file) else { continue }
      return data.split(separator: 0x0A).map(Array.init)
    }
    return []
  }

  private static func exit(_ name: String, _ report: AgentReport) throws -> WorkerExit {
    let data = try Data(contentsOf: folder.appendingPathComponent("\(name).meta.json"))
    let meta = try JSONValue(parsing: Array(data))
    var exit = WorkerExit(reason: .exited, report: report, endedAt: 0)
    exit.errorText = meta["stderr"]?.string ?? ""
    guard let code = meta["exit"]?.int else {
      exit.reason = .timedOut
      return exit
    }
    if code < 0 { exit.signal = -code } else { exit.exitCode = code }
    return exit
  }

  private static func report(of name: String) -> AgentReport {
    var parser: any TranscriptParser = name.hasPrefix("claude") ? ClaudeParser() : CodexParser()
    for line in lines(name) { parser.consume(line: line) }
    return parser.report
  }

  @Test func `every recorded output is listed here`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    let names = files.map { file in
      [".meta.json", ".jsonl", ".json"].first(where: file.hasSuffix)
        .map { String(file.dropLast($0.count)) } ?? file
    }
    #expect(Set(names) == Set(Self.expected.keys))
  }

  @Test(arguments: expected.keys.sorted())
  func `is understood`(name: String) throws {
    let expected = try #require(Self.expected[name])
    let report = Self.report(of: name)
    let exit = try Self.exit(name, report)
    #expect(exit.failure?.kind == expected.failure, "\(String(describing: exit.failure))")
    #expect(
      report.sessionID?.hasPrefix(expected.session ?? "?") == (expected.session.map { _ in true }))
    #expect(report.costUSD == expected.cost)
    #expect(report.inputTokens == expected.input)
    #expect(report.outputTokens == expected.output)
    #expect(report.toolCalls == expected.tools)
    #expect(report.permissionDenials.count == expected.denials)
    if let text = expected.text { #expect(report.finalText == text) }
    let isClaude = name.hasPrefix("claude")
    #expect(report.costScope == (isClaude ? .session : .run))
    #expect(report.tokenScope == (isClaude ? .run : .session))
    #expect(WorkerExit(json: exit.json) == exit)
  }

  @Test(arguments: expected.keys.sorted())
  func `is no success when it breaks off before its end`(name: String) throws {
    let lines = Self.lines(name)
    guard lines.count > 1 else { return }
    var parser: any TranscriptParser = name.hasPrefix("claude") ? ClaudeParser() : CodexParser()
    for line in lines.dropLast() { parser.consume(line: line) }
    // Half of the last line, as after a crash in the middle of writing.
    parser.consume(line: Array((lines.last ?? []).prefix((lines.last?.count ?? 0) / 2)))
    #expect(!parser.report.isComplete)
    let exit = WorkerExit(reason: .exited, exitCode: 0, report: parser.report, endedAt: 0)
    #expect(exit.failure?.kind == .malformedOutput)
  }

  @Test func `tool calls are kept in short, refused ones too`() {
    let stream = Self.report(of: "claude-stream")
    #expect(stream.recentTools.first == "Write /WT/hello.txt")
    #expect(stream.lastTool?.hasPrefix("Bash git add -A && git commit") == true)
    let denied = Self.report(of: "claude-disallowed-beats-bypass")
    #expect(denied.permissionDenials == ["Bash rm -rf victim", "Bash git push origin HEAD"])
    let codex = Self.report(of: "codex-commit")
    #expect(codex.recentTools.first == "file_change /WT/hello.txt")
  }
}
