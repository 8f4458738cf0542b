import Agents
import Foundation
import JSON
import TestSupport
import Testing

@Suite(.scratch) struct `Finding a worker's result` {
  let scratch = Scratch.current

  @Test(arguments: [
    #"{"status":"done","summary":"s"}"#,
    "Here it is:\n```json\n{\"status\":\"done\",\"summary\":\"s\"}\n```\nBye.",
    #"I wrote {"a":1} and then {"status":"done","summary":"s"}."#,
    #"{"result":{"status":"done","summary":"s"}}"#,
    #"{"type":"result","is_error":false,"result":"done: {\"status\":\"done\",\"summary\":\"s\"}"}"#,
    #"First {"status":"blocked","summary":"early"}, at last {"status":"done","summary":"s"}"#,
    #"if (x) { return "}" } {"status":"done","summary":"s","delegations":[{"title":"{"}]} {"#,
  ])
  func `in a final message`(text: String) {
    #expect(ResultRecovery.inText(text)?.summary == "s")
  }

  @Test func `behind a great many braces`() {
    let text = String(repeating: "{ ", count: 20_000) + #"{"status":"done","summary":"s"}"#
    #expect(ResultRecovery.inText(text)?.summary == "s")
  }

  @Test(arguments: [
    "", "done", #"{"status":"finished"}"#, #"{"status":"done""#, "{{{{", #"{"a":"\"}"#,
    #"{"result":{"result":{"result":{"result":{"result":{"status":"done"}}}}}}"#,
  ])
  func `nothing where there is none`(text: String) {
    #expect(ResultRecovery.inText(text) == nil)
  }

  @Test func `wrong types are passed over, lists are bounded`() throws {
    let many = (0..<500).map { "\"\($0)\"" }.joined(separator: ",")
    let text = """
      {"status":"done","summary":7,"accomplished":[\(many)],"remaining":"x","needs_help":"yes",
       "files_changed":[1,"a"],
       "delegations":[{"title":"a","body":"b","labels":["l"],"suggested_agent":"c"},{"body":"no title"},3]}
      """
    let result = try #require(ResultDocument(json: try JSONValue(parsing: text)))
    #expect(result.summary.isEmpty)
    #expect(result.accomplished.count == ResultDocument.maximumEntries)
    #expect(result.remaining.isEmpty)
    #expect(result.filesChanged == ["a"])
    #expect(!result.needsHelp)
    #expect(result.delegations.map(\.title) == ["a", "", ""])
    #expect(result.delegations.first?.suggestedAgent == "c")
  }

  private func recover(_ text: String = "") -> RecoveredResult {
    ResultRecovery.recover(file: scratch["out/output-1.json"], finalText: text)
  }

  private var said: String { #"{"status":"blocked","summary":"said"}"# }

  private func summary(_ result: RecoveredResult) -> String? {
    if case .found(let document) = result { document.summary } else { nil }
  }

  private func isMalformed(_ result: RecoveredResult) -> Bool {
    if case .malformed = result { true } else { false }
  }

  @Test func `the file counts before the message`() throws {
    try scratch.write("out/output-1.json", #"{"status":"done","summary":"written"}"#)
    #expect(summary(recover(said)) == "written")
  }

  @Test func `without a file the message counts, without both it is missing`() {
    #expect(summary(recover(said)) == "said")
    #expect(recover() == .missing)
  }

  @Test(arguments: [
    #"{"status":"done","summary":"wri"#, "", "[]", "not json", #"{"summary":"no status"}"#,
    #"{"status":"finished"}"#, "\u{0}\u{1}",
  ])
  func `a file that cannot be read is malformed unless the message helps`(content: String) throws {
    try scratch.write("out/output-1.json", content)
    #expect(isMalformed(recover()))
    #expect(summary(recover(said)) == "said")
  }

  @Test(arguments: [
    ("[1,2]", "the result file holds no JSON object, but a list"),
    ("7.5", "the result file holds no JSON object, but the number 7.5"),
    (#"{"summary":"s"}"#, "the result file has no 'status'"),
    (#"{"status":7}"#, "the result file has the number 7 as its 'status'"),
    (#"{"status":["done"]}"#, "the result file has a list as its 'status'"),
    (#"{"status":"finished"}"#, "the result file has the unknown status 'finished'"),
  ])
  func `what is no result is told what it is`(content: String, words: String) throws {
    try scratch.write("out/output-1.json", content)
    #expect(recover() == .malformed(words))
  }

  @Test func `a file with a fence around the document is read`() throws {
    try scratch.write(
      "out/output-1.json", "```json\n{\"status\":\"done\",\"summary\":\"f\"}\n```\n")
    #expect(summary(recover()) == "f")
  }

  @Test func `invalid UTF-8 in a file is malformed`() throws {
    try scratch.write("out/x", "")
    let bytes = Array(#"{"status":"done","summary":""#.utf8) + [0xFF, 0xFE]
    try Data(bytes).write(to: URL(fileURLWithPath: scratch["out/output-1.json"]))
    #expect(isMalformed(recover()))
  }

  @Test func `a link is not followed, wherever it leads`() throws {
    try scratch.write("secret.json", #"{"status":"done","summary":"secret"}"#)
    try scratch.write("out/x", "")
    try FileManager.default.createSymbolicLink(
      atPath: scratch["out/output-1.json"], withDestinationPath: scratch["secret.json"])
    #expect(isMalformed(recover()))
  }

  @Test func `a link in place of its folder is not followed`() throws {
    try scratch.write("elsewhere/output-1.json", #"{"status":"done","summary":"secret"}"#)
    try FileManager.default.createSymbolicLink(
      atPath: scratch["out"], withDestinationPath: scratch["elsewhere"])
    #expect(isMalformed(recover()))
  }

  @Test func `a folder or a pipe in its place holds nobody up`() throws {
    try FileManager.default.createDirectory(
      atPath: scratch["out/output-1.json"], withIntermediateDirectories: true)
    #expect(isMalformed(recover()))
    try FileManager.default.removeItem(atPath: scratch["out/output-1.json"])
    #expect(mkfifo(scratch["out/output-1.json"], 0o600) == 0)
    #expect(isMalformed(recover()))
  }

  @Test func `the largest file is read, one byte more is not`() throws {
    let frame = #"{"status":"done","summary":"big"}"#
    let padding = ResultDocument.maximumBytes - frame.utf8.count
    try scratch.write("out/output-1.json", frame + String(repeating: " ", count: padding))
    #expect(summary(recover()) == "big")
    try scratch.write("out/output-1.json", frame + String(repeating: " ", count: padding + 1))
    #expect(isMalformed(recover()))
  }
}
