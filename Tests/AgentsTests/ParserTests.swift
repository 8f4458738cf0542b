import Agents
import Foundation
import JSON
import Testing

/// What a recorded output of a real program amounts to.
struct ExpectedReport: Sendable {
  let failure: AgentFailureKind?
  let isComplete: Bool
  var cost: Double?
  var output: Int?
}

@Suite struct `Recorded outputs of real programs` {
  /// Every recorded output, by file name.
  static let expected: [String: ExpectedReport] = [
    "claude-bypass-sandbox-env.json": .init(failure: nil, isComplete: true),
    "claude-commit.json": .init(failure: nil, isComplete: true, cost: 0.015, output: 150),
    "claude-denied-is-success.json": .init(failure: nil, isComplete: true),
    "claude-disallowed-beats-bypass.json": .init(failure: nil, isComplete: true),
    "claude-dontAsk.json": .init(failure: nil, isComplete: true),
    "claude-drop.json": .init(failure: .other, isComplete: true),
    "claude-http-401.json": .init(failure: .authentication, isComplete: true),
    "claude-http-429.json": .init(failure: .rateLimited, isComplete: true, cost: 0),
    "claude-http-500.json": .init(failure: .overloaded, isComplete: true),
    "claude-http-529.json": .init(failure: .overloaded, isComplete: true),
    "claude-max-budget.json": .init(failure: .budgetExceeded, isComplete: true, cost: 2.4),
    "claude-max-tokens.json": .init(failure: .other, isComplete: true),
    "claude-max-turns.json": .init(failure: .turnLimit, isComplete: true),
    "claude-prompt-too-long.json": .init(failure: .contextExhausted, isComplete: true),
    "claude-retry-once.jsonl": .init(failure: nil, isComplete: true),
    "claude-sigint.json": .init(failure: .killed, isComplete: true),
    "claude-stdin-pipe-left-open.json": .init(failure: nil, isComplete: true),
    "claude-stream.jsonl": .init(failure: nil, isComplete: true, cost: 0.015, output: 150),
    "codex-auth401.jsonl": .init(failure: .authentication, isComplete: true),
    "codex-bypass.jsonl": .init(failure: nil, isComplete: true),
    "codex-commit.jsonl": .init(failure: nil, isComplete: true, output: 150),
    "codex-default-is-read-only.jsonl": .init(failure: nil, isComplete: true),
    "codex-drop.jsonl": .init(failure: .other, isComplete: true),
    "codex-midstream-drop.jsonl": .init(failure: nil, isComplete: true),
    "codex-overload503.jsonl": .init(failure: .overloaded, isComplete: true),
    "codex-quota429.jsonl": .init(failure: .quota, isComplete: true),
    "codex-rate429.jsonl": .init(failure: .rateLimited, isComplete: true),
    "codex-retry-once.jsonl": .init(failure: nil, isComplete: true),
    "codex-sigint.jsonl": .init(failure: nil, isComplete: false),
    "codex-sigterm-leaves-orphans.jsonl": .init(failure: nil, isComplete: false),
    "codex-sigterm-sandboxed.jsonl": .init(failure: nil, isComplete: false),
    "codex-workspace-write-cannot-commit-in-worktree.jsonl": .init(failure: nil, isComplete: true),
    "codex-workspace-write-with-git-dirs.jsonl": .init(failure: nil, isComplete: true),
  ]

  private static var folder: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
  }

  @Test func `every recorded output is listed here`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
      .filter { !$0.hasSuffix(".meta.json") }
    #expect(Set(names) == Set(Self.expected.keys))
  }

  @Test(arguments: expected.keys.sorted())
  func `is understood`(name: String) throws {
    let expected = try #require(Self.expected[name])
    var parser: any TranscriptParser = name.hasPrefix("claude") ? ClaudeParser() : CodexParser()
    let data = try Data(contentsOf: Self.folder.appendingPathComponent(name))
    for line in data.split(separator: 0x0A) { parser.consume(line: Array(line)) }
    let report = parser.report
    #expect(report.failure?.kind == expected.failure, "\(String(describing: report.failure))")
    #expect(report.isComplete == expected.isComplete)
    #expect(report.sessionID?.isEmpty == false)
    if let cost = expected.cost { #expect(report.costUSD == cost) }
    if let output = expected.output { #expect(report.outputTokens == output) }
    #expect(AgentReport(json: report.json) == report)
  }
}

@Suite struct `Output of other agents` {
  @Test func `opencode reports cost per step`() {
    var parser = OpencodeParser()
    let lines = [
      #"{"type":"step_start","sessionID":"s1"}"#,
      #"{"type":"tool_use","sessionID":"s1","part":{"tool":"bash"}}"#,
      #"{"type":"step_finish","part":{"cost":0.25,"tokens":{"input":10,"output":5,"cache":{"read":2,"write":1}}}}"#,
      #"{"type":"text","part":{"text":"done"}}"#,
      #"{"type":"step_finish","part":{"cost":0.5,"tokens":{"input":1,"output":1}}}"#,
    ]
    for line in lines { parser.consume(line: Array(line.utf8)) }
    #expect(parser.report.costUSD == 0.75)
    #expect(parser.report.inputTokens == 14)
    #expect(parser.report.outputTokens == 6)
    #expect(parser.report.sessionID == "s1")
    #expect(parser.report.finalText == "done")
  }

  @Test func `opencode's errors are classed by status`() {
    var parser = OpencodeParser()
    let line =
      #"{"type":"error","error":{"name":"APIError","data":{"message":"slow down","statusCode":429}}}"#
    parser.consume(line: Array(line.utf8))
    #expect(parser.report.failure == AgentFailure(.rateLimited, "slow down"))
  }

  @Test func `a script's text is kept at its end, its cost only if it can be one`() {
    var parser = ScriptParser()
    for number in 0..<100 { parser.consume(line: Array("line \(number)".utf8)) }
    parser.consume(line: Array(#"{"type":"cost","usd":-3}"#.utf8))
    #expect(parser.report.costUSD == nil)
    #expect(parser.report.finalText.hasSuffix("line 99"))
    #expect(!parser.report.finalText.contains("line 10\n"))
    parser.consume(line: Array(#"{"type":"cost","usd":0.5,"output_tokens":7}"#.utf8))
    #expect(parser.report.costUSD == 0.5)
    parser.consume(line: Array(#"{"not":"ours"}"#.utf8))
    #expect(parser.report.finalText.hasSuffix(#"{"not":"ours"}"#))
  }

  @Test func `garbage changes nothing and stops nothing`() {
    var random = SystemRandomNumberGenerator()
    var parsers: [any TranscriptParser] = [
      ClaudeParser(), CodexParser(), OpencodeParser(), ScriptParser(),
    ]
    for index in parsers.indices {
      for _ in 0..<200 {
        let bytes = (0..<50).map { _ in UInt8.random(in: 0...255, using: &random) }
        parsers[index].consume(line: bytes)
      }
      #expect(parsers[index].report.failure == nil)
    }
  }
}

@Suite struct `Finding a worker's result` {
  @Test(arguments: [
    #"{"status":"done","summary":"s"}"#,
    "Here it is:\n```json\n{\"status\":\"done\",\"summary\":\"s\"}\n```\nBye.",
    #"I wrote {"a":1} and then {"status":"done","summary":"s"}."#,
    #"{"result":{"status":"done","summary":"s"}}"#,
  ])
  func `in a final message`(text: String) {
    #expect(ResultRecovery.inText(text)?.summary == "s")
  }

  @Test(arguments: [
    "", "done", #"{"status":"finished"}"#, #"{"status":"done""#, "{{{{", #"{"a":"\"}"#,
  ])
  func `nothing where there is none`(text: String) {
    #expect(ResultRecovery.inText(text) == nil)
  }

  @Test func `wrong types are passed over, lists are bounded`() throws {
    let many = (0..<500).map { "\"\($0)\"" }.joined(separator: ",")
    let text = """
      {"status":"done","summary":7,"accomplished":[\(many)],"remaining":"x","needs_help":"yes",
       "delegations":[{"title":"a","body":"b","labels":["l"],"suggested_agent":"c"},{"body":"no title"},3]}
      """
    let result = try #require(ResultDocument(json: try JSONValue(parsing: text)))
    #expect(result.summary.isEmpty)
    #expect(result.accomplished.count == ResultDocument.maximumEntries)
    #expect(result.remaining.isEmpty)
    #expect(!result.needsHelp)
    #expect(result.delegations.map(\.title) == ["a"])
  }
}
