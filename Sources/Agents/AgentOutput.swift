internal import JSON

/// An agent's standard output: its log, its lines for the parser, and its tool calls in short.
struct AgentOutput {
  /// The size at which the list of tool calls is begun anew, in bytes.
  static let toolLogBytes = 1 << 20

  private var parser: any TranscriptParser
  private var log: BoundedLog?
  private var toolLog: BoundedLog?
  private var lines = LineCutter()
  /// Bytes so far.
  private(set) var bytes = 0

  init(launch: WorkerLaunch, directory: RunDirectory) {
    parser = launch.parser
    log = BoundedLog(
      path: directory.output, olderPath: directory.olderOutput, partBytes: launch.logBytes)
    toolLog = BoundedLog(
      path: directory.tools, olderPath: directory.olderTools, partBytes: Self.toolLogBytes)
  }

  /// What it amounts to so far.
  var report: AgentReport { parser.report }

  mutating func take(_ part: ArraySlice<UInt8>) {
    bytes += part.count
    log?.append(part)
    for line in lines.take(part) { consume(line) }
  }

  mutating func finish() {
    if let line = lines.finish() { consume(line) }
    log?.finish()
    toolLog?.finish()
  }

  private mutating func consume(_ line: [UInt8]) {
    let before = parser.toolCalls
    parser.consume(line: line)
    let count = parser.toolCalls - before
    guard count > 0 else { return }
    for tool in parser.report.recentTools.suffix(count) {
      let entry: JSONValue = ["at": .number(wallMilliseconds()), "tool": .string(tool)]
      toolLog?.append(entry.canonicalBytes[...])
      toolLog?.append([UInt8(ascii: "\n")])
    }
  }
}
