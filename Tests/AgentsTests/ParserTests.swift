import Foundation
import JSON
import TestSupport
import Testing

@testable import Agents

@Suite struct `Output of agents, line by line` {
  private func report(_ parser: any TranscriptParser, _ lines: [String]) -> AgentReport {
    var parser = parser
    for line in lines { parser.consume(line: Array(line.utf8)) }
    return parser.report
  }

  @Test func `opencode reports cost and tokens per step`() {
    let report = report(
      OpencodeParser(),
      [
        #"{"type":"step_start","sessionID":"s1"}"#,
        #"{"type":"tool_use","sessionID":"s1","part":{"tool":"bash","state":{"input":{"command":"ls"}}}}"#,
        #"{"type":"step_finish","part":{"cost":0.25,"tokens":{"input":10,"output":5,"reasoning":3,"cache":{"read":2,"write":1}}}}"#,
        #"{"type":"text","part":{"text":"done"}}"#,
        #"{"type":"step_finish","part":{"cost":0.5,"tokens":{"input":1,"output":1}}}"#,
        #"{"type":"step_finish","part":{"cost":-5,"tokens":{"input":-1,"output":-1}}}"#,
        #"{"type":"done","reason":"idle","rejected":[{"permission":"edit"}]}"#,
      ])
    #expect(report.costUSD == 0.75)
    #expect(report.inputTokens == 14)
    #expect(report.cachedTokens == 2)
    #expect(report.outputTokens == 9)
    #expect(report.sessionID == "s1")
    #expect(report.finalText == "done")
    #expect(report.lastTool == "bash ls")
    #expect(report.permissionDenials == ["edit"])
    #expect(report.isComplete)
  }

  @Test(arguments: [
    (#"{"name":"APIError","data":{"message":"m","statusCode":429}}"#, AgentFailureKind.rateLimited),
    (#"{"name":"APIError","data":{"message":"m","statusCode":529}}"#, .overloaded),
    (#"{"name":"APIError","data":{"message":"m","statusCode":402}}"#, .quota),
    (#"{"name":"ProviderAuthError","data":{"message":"m"}}"#, .authentication),
    (#"{"name":"ContextOverflowError","data":{"message":"m"}}"#, .contextExhausted),
    (#"{"name":"UnknownError","data":{"message":"m"}}"#, .other),
  ])
  func `opencode's errors are classed by their fields`(error: String, kind: AgentFailureKind) {
    let report = report(OpencodeParser(), [#"{"type":"error","error":\#(error)}"#])
    #expect(report.failure == AgentFailure(kind, "m"))
  }

  @Test func `the time until the next try is taken where it is said`() {
    let opencode = report(
      OpencodeParser(),
      [
        #"{"type":"error","error":{"data":{"statusCode":429,"responseHeaders":{"retry-after":"17"}}}}"#
      ])
    #expect(opencode.failure?.retryAfterSeconds == 17)
    let limited =
      #"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1600}}"#
    let failed =
      #"{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"result":"m"}"#
    let claude = report(ClaudeParser(nowSeconds: { 1000 }), [limited, failed])
    #expect(claude.failure == AgentFailure(.rateLimited, "m", retryAfterSeconds: 600))
    let warned = limited.replacingOccurrences(of: "rejected", with: "allowed_warning")
    #expect(
      report(ClaudeParser(nowSeconds: { 1000 }), [warned, failed]).failure?.retryAfterSeconds == nil
    )
  }

  @Test(arguments: [Int.max, Int.min, -1, 86_401])
  func `a time until the next try that cannot be meant is brought into bounds`(said: Int) {
    let failure = #"{"type":"failure","kind":"rate_limited","retry_after":\#(said)}"#
    let wait = report(ScriptParser(), [failure]).failure?.retryAfterSeconds ?? -1
    #expect((0...86_400).contains(wait))
    let lines = [
      #"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":\#(said)}}"#,
      #"{"type":"result","is_error":true,"api_error_status":429,"result":"m"}"#,
    ]
    let claude = report(ClaudeParser(nowSeconds: { 1000 }), lines).failure?.retryAfterSeconds ?? -1
    #expect((0...86_400).contains(claude))
  }

  @Test(arguments: [
    (#""api_error_status":400,"api_error_type":"billing_error""#, AgentFailureKind.quota),
    (#""api_error_status":403"#, .authentication),
    (#""api_error_status":413"#, .contextExhausted),
    (#""stop_reason":"refusal""#, .refused),
    (#""subtype":"error_max_turns""#, .turnLimit),
    (#""terminal_reason":"aborted_streaming""#, .killed),
  ])
  func `claude's errors are classed by their fields`(fields: String, kind: AgentFailureKind) {
    let line = #"{"is_error":true,"result":"m",\#(fields),"type":"result"}"#
    #expect(report(ClaudeParser(), [line]).failure?.kind == kind)
  }

  @Test(arguments: [
    // The port is no status.
    ("stream disconnected, url: http://127.0.0.1:503/v1", AgentFailureKind.other),
    ("unexpected status 401 Unauthorized: bad key, url: http://127.0.0.1:503/v1", .authentication),
    ("exceeded retry limit, last status: 429 Too Many Requests", .rateLimited),
    (#"{"error":{"code":"context_length_exceeded","message":"m"}}"#, .contextExhausted),
    (#"{"error":{"code":"insufficient_quota","message":"m"}}"#, .quota),
    ("Selected model is at capacity. Try another.", .overloaded),
  ])
  func `codex's errors are classed by the status in them`(message: String, kind: AgentFailureKind) {
    let line: JSONValue = ["type": "turn.failed", "error": ["message": .string(message)]]
    #expect(report(CodexParser(), [line.canonicalText]).failure == AgentFailure(kind, message))
  }

  @Test func `claude's tokens are counted while it streams, once a message`() {
    func message(_ id: String, parent: String = "null") -> String {
      """
      {"type":"assistant","parent_tool_use_id":\(parent),"message":{"id":"\(id)","content":\
      [{"type":"text","text":"\(id)"}],"usage":{"input_tokens":10,"cache_read_input_tokens":90,\
      "output_tokens":1}}}
      """
    }
    let lines = [message("a"), message("a"), message("b", parent: #""t""#)]
    let streamed = report(ClaudeParser(), lines)
    #expect(streamed.inputTokens == 200)
    #expect(streamed.cachedTokens == 180)
    #expect(streamed.finalText == "a", "what a subagent says is not the agent's word")
    let price = TokenPrice(inputUSD: 1_000_000, cachedInputUSD: 1000, outputUSD: 0)
    #expect(streamed.usd(at: price) == 20.18)
    let result = #"{"type":"result","is_error":false,"usage":{"input_tokens":7,"output_tokens":8}}"#
    #expect(report(ClaudeParser(), lines + [result]).tokens == 15)
  }

  @Test func `a later success of the same run takes an earlier failure back`() {
    let failed = #"{"type":"result","is_error":true,"api_error_status":500,"result":"m"}"#
    let done = #"{"type":"result","is_error":false,"result":"done"}"#
    #expect(report(ClaudeParser(), [failed]).failure != nil)
    #expect(report(ClaudeParser(), [failed, done]).failure == nil)
  }

  @Test func `a script's text is kept at its end, its numbers only if they can be some`() {
    var lines = (0..<100).map { "line \($0)" }
    lines.append(#"{"type":"cost","usd":-3,"input_tokens":-1}"#)
    lines.append(#"{"type":"cost","usd":1e300}"#)
    let absurd = report(ScriptParser(), lines)
    #expect(absurd.costUSD == nil)
    #expect(absurd.inputTokens == nil)
    #expect(absurd.finalText.hasSuffix("line 99"))
    #expect(absurd.finalText.split(separator: "\n").count == ScriptParser.keptLines)
    lines.append(#"{"type":"cost","usd":0.5,"output_tokens":7}"#)
    lines.append(#"{"type":"session","id":"s"}"#)
    lines.append(#"{"type":"tool","text":"make"}"#)
    lines.append(#"{"type":"failure","kind":"rate_limited","message":"m","retry_after":5}"#)
    lines.append(#"{"not":"ours"}"#)
    let report = report(ScriptParser(), lines)
    #expect(report.costUSD == 0.5)
    #expect(report.outputTokens == 7)
    #expect(report.sessionID == "s")
    #expect(report.recentTools == ["make"])
    #expect(report.failure == AgentFailure(.rateLimited, "m", retryAfterSeconds: 5))
    #expect(report.finalText.hasSuffix(#"{"not":"ours"}"#))
  }

  @Test func `garbage changes nothing and stops nothing`() {
    let seed = TestSeed.next()
    var random = SeededRandom(seed: seed)
    var parsers: [any TranscriptParser] = [
      ClaudeParser(), CodexParser(), OpencodeParser(), ScriptParser(),
    ]
    for index in parsers.indices {
      for _ in 0..<200 {
        let bytes = (0..<50).map { _ in UInt8.random(in: 0...255, using: &random) }
        parsers[index].consume(line: bytes)
      }
      for line in ["[]", "{}", "null", #"{"type":7}"#, #"{"type":"result"}"#, #"{"type":"error"}"#]
      {
        parsers[index].consume(line: Array(line.utf8))
      }
      #expect(parsers[index].report.costUSD == nil, "seed \(seed)")
      #expect(parsers[index].report.toolCalls == 0, "seed \(seed)")
    }
  }

  @Test func `a text is cut at a whole character`() {
    var report = AgentReport()
    report.setText(String(repeating: "é", count: AgentReport.maximumTextBytes))
    #expect(report.finalText.utf8.count <= AgentReport.maximumTextBytes)
    #expect(report.finalText.allSatisfy { $0 == "é" })
  }

  @Test func `tool calls are one line, short, and bounded in number`() {
    var report = AgentReport()
    for number in 0..<100 {
      report.addTool("Bash", "echo \(number)\nrm \(String(repeating: "x", count: 999))")
    }
    #expect(report.toolCalls == 100)
    #expect(report.recentTools.count == AgentReport.maximumEntries)
    #expect(
      report.recentTools.allSatisfy {
        $0.count <= AgentReport.maximumEntryLength && !$0.contains("\n")
      })
  }
}
