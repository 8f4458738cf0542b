/// Keeps a finding from cutting an escape such as `\n` or `\u000a` in two, so that JSON stays JSON.
enum EscapeGuard {
  /// The finding, grown to the left over an escape that it begins in, and drawn back at its right from
  /// one that it ends in.
  static func fit(_ finding: Finding, _ line: Line) -> Finding {
    var start = finding.range.lowerBound
    var end = finding.range.upperBound
    start -= line.backslashes(before: start)
    for back in 1...4 where line[start - back] == UInt8(ascii: "u") {
      let letter = start - back
      let run = line.backslashes(before: letter)
      let digits = line.endOfRun(.hex, from: letter + 1, limit: 4) - letter - 1
      guard run % 2 == 1, digits == 4 else { continue }
      start = letter - run
      break
    }
    if line[end - 1] == .backslash {
      let run = line.backslashes(before: end)
      if end - run > start { end -= run }
    }
    return Finding(range: start..<max(start, end), kind: finding.kind)
  }
}
