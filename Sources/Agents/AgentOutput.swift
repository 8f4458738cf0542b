internal import JSON
internal import Redaction

/// An agent's standard output: its log, its lines for the parser, and its tool calls in short.
struct AgentOutput {
  /// The size at which the list of tool calls is begun anew, in bytes.
  static let toolLogBytes = 1 << 20

  private static let givenUpLine = Array("[redacted:line]".utf8)

  private var parser: any TranscriptParser
  private var log: BoundedLog?
  private var toolLog: BoundedLog?
  private var lines = LineCutter()
  private var redaction: RedactionStream
  /// Bytes so far.
  private(set) var bytes = 0

  init(launch: WorkerLaunch, redactor: Redactor, directory: RunDirectory) {
    parser = launch.parser
    redaction = RedactionStream(redactor)
    log = BoundedLog(
      path: directory.output, olderPath: directory.olderOutput, partBytes: launch.logBytes)
    toolLog = BoundedLog(
      path: directory.tools, olderPath: directory.olderTools, partBytes: Self.toolLogBytes)
  }

  /// What it amounts to so far.
  var report: AgentReport { parser.report }

  mutating func take(_ part: ArraySlice<UInt8>) {
    bytes += part.count
    store(redaction.append(Array(part)))
  }

  /// Secrets are gone before anything is stored or read: what the report says goes further.
  private mutating func store(_ part: [UInt8]) {
    guard !part.isEmpty else { return }
    log?.append(part[...])
    for line in lines.take(part[...]) { consume(line) }
  }

  mutating func finish() {
    store(redaction.finish())
    if let line = lines.finish() { consume(line) }
    storeCalls(isEnd: true)
    log?.finish()
    toolLog?.finish()
  }

  private mutating func consume(_ line: [UInt8]) {
    // What stands for a line that was too long to be looked at is nothing that the agent said.
    guard line != Self.givenUpLine else { return }
    parser.consume(line: line)
    storeCalls(isEnd: false)
  }

  private mutating func storeCalls(isEnd: Bool) {
    for call in parser.takeCalls(isEnd: isEnd) {
      toolLog?.append(call.json(at: wallMilliseconds()).canonicalBytes[...])
      toolLog?.append([UInt8(ascii: "\n")])
    }
  }
}
