/// Redacts output that arrives in chunks: what comes out is what the whole would have given.
///
/// A line comes out once it is complete; a private key may go over many lines. In memory are one
/// incomplete line of at most the redactor's limit, and the lines of what may be a key.
public struct RedactionStream: Sendable {
  /// So many lines, or up to twice as many, are held back because they may be the middle of a key.
  static let maximumHeld = 256

  private let redactor: Redactor
  private var pending: [UInt8] = []
  private var isOverlong = false
  private var key: KeyBody?
  private var held: [[UInt8]] = []

  /// Nothing read yet.
  public init(_ redactor: Redactor) { self.redactor = redactor }

  /// Takes bytes and returns those that are ready to be stored.
  public mutating func append(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var start = 0
    if !pending.isEmpty || isOverlong {
      let end = Newline.next(in: bytes, from: 0)
      extend(bytes[..<end])
      guard end < bytes.count else { return [] }
      finishLine(&output, hasBreak: true)
      start = end + 1
    }
    let last = bytes[start...].lastIndex(of: .newline).map { $0 + 1 } ?? start
    if last > start { process(bytes, start, last, &output) }
    extend(bytes[last...])
    return output
  }

  /// Ends the output; returns what was held back.
  public mutating func finish() -> [UInt8] {
    var output: [UInt8] = []
    if !pending.isEmpty || isOverlong { finishLine(&output, hasBreak: false) }
    release(&output)
    key = nil
    return output
  }

  private mutating func extend(_ bytes: ArraySlice<UInt8>) {
    guard !isOverlong else { return }
    if pending.count + bytes.count > redactor.lineLimit {
      isOverlong = true
      pending = []
    } else {
      pending += bytes
    }
  }

  /// Writes the line that was put together from chunks.
  private mutating func finishLine(_ output: inout [UInt8], hasBreak: Bool) {
    let line = hasBreak ? pending + [.newline] : pending
    pending = []
    if isOverlong {
      giveUp(line, &output)
    } else {
      process(line, 0, line.count, &output)
    }
    isOverlong = false
  }

  /// Writes the marker of a line that is not looked at.
  private mutating func giveUp(_ line: [UInt8], _ output: inout [UInt8]) {
    release(&output)
    key = nil
    output += Finding.marker("line")
    if line.last == .newline { output.append(.newline) }
  }

  /// Writes lines; those in which nothing is found are copied together.
  private mutating func process(
    _ bytes: [UInt8], _ start: Int, _ end: Int, _ output: inout [UInt8]
  ) {
    var scan = Scan(rules: redactor.rules, line: Line(bytes, start, start))
    var copied = start
    var lineStart = start
    while lineStart < end {
      let lineEnd = min(Newline.next(in: bytes, from: lineStart), end)
      let next = min(lineEnd + 1, end)
      if lineEnd - lineStart > redactor.lineLimit {
        output += bytes[copied..<lineStart]
        giveUp(Array(bytes[lineEnd..<next]), &output)
        copied = next
      } else {
        scan.begin(lineStart, lineEnd)
        scan.run()
        if !isPlain(scan) {
          output += bytes[copied..<lineStart]
          handle(scan, bytes[lineEnd..<next], &output)
          copied = next
        }
      }
      lineStart = next
    }
    if copied < end { output += bytes[copied..<end] }
  }

  /// True if a line goes as it is and nothing depends on it.
  private func isPlain(_ scan: Scan) -> Bool {
    scan.findings.isEmpty && !scan.isExhausted && key == nil && held.isEmpty
      && scan.openKey == nil && scan.wholeLineBody(isEnd: false) == nil
  }

  /// Writes or holds back one line with its line break.
  private mutating func handle(
    _ scan: Scan, _ lineBreak: ArraySlice<UInt8>, _ output: inout [UInt8]
  ) {
    let line = Array(scan.line.bytes[scan.line.start..<scan.line.end])
    if key == nil, scan.openKey == nil, scan.wholeLineBody(isEnd: !held.isEmpty) != nil {
      held.append(line + lineBreak)
      if held.count > 2 * Self.maximumHeld {
        for line in held.prefix(Self.maximumHeld) { write(line, &output) }
        held.removeFirst(Self.maximumHeld)
      }
      return
    }
    if scan.keyEnd != nil { redactHeld(&output) }
    release(&output)
    let settled = redactor.settle(line, key)
    key = settled.key
    output += settled.text
    output += lineBreak
  }

  /// Writes the lines that were held back: they were no key.
  private mutating func release(_ output: inout [UInt8]) {
    for line in held { write(line, &output) }
    held = []
  }

  /// Writes a line that was held back and has no part in a key.
  private func write(_ line: [UInt8], _ output: inout [UInt8]) {
    let end = line.last == .newline ? line.count - 1 : line.count
    output += redactor.settle(Array(line[..<end]), nil).text
    output += line[end...]
  }

  /// Writes the lines that were held back as what they are, the middle of a key.
  private mutating func redactHeld(_ output: inout [UInt8]) {
    for line in held {
      let end = line.last == .newline ? line.count - 1 : line.count
      let scan = Scan(rules: redactor.rules, line: Line(line, 0, end))
      let range = scan.wholeLineBody(isEnd: true) ?? 0..<end
      output += line[..<range.lowerBound] + Finding.marker("private-key")
      output += line[range.upperBound...]
    }
    held = []
  }
}
