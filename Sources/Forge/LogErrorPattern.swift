/// Tells lines that say what went wrong from those that do not, by words that build tools use.
enum LogErrorPattern {
  /// Words that make a line an error, in lower case.
  private static let words = [
    "error:", "error[", "error ts", "error in ", "error!", "[error]", "npm err!", "npm error",
    "errno", "fatal:", "fatal error", "panic:", "panicked at", "traceback (most recent call last)",
    "assertion failed", "assertionerror", "assertion `", "exception:", "exception in thread",
    "failed:", "failed with", "failed (", "failed to ", "failure:", "recorded an issue",
    "undefined reference", "segmentation fault", "core dumped", "not ok ", "permission denied",
    "no such file or directory", "command not found", "no space left on device", "out of memory",
    "build failed", "exceeded the maximum execution time", "the operation was canceled",
    "the runner has received a shutdown signal", "lost communication with the server",
  ].map { Array($0.utf8) }

  /// Words that count in capitals only.
  private static let capitals = ["FAIL", "FAILED", "FAILURE", "ERROR", "FATAL", "Killed"]
    .map { Array($0.utf8) }

  /// Signs that test runners put before a failure.
  private static let signs = ["✘", "✗", "✖", "●", "❌", "×", "E   "].map { Array($0.utf8) }

  /// Words that make a line harmless, in lower case.
  private static let harmless = [
    "0 error", "0 fail", "no error", "errors: 0", "failed: 0", "failures: 0", "without error",
    "continue-on-error", "fail-fast", "-werror", "errors 0", "failed 0", "error: false",
    "with 0 failures", "error-handling", "0 not ok",
  ].map { Array($0.utf8) }

  /// Beginnings of lines about something that went well, or that only warn.
  private static let harmlessBeginnings = [
    "✓", "✔", "√", "ok ", "PASS", "warning:", "Warning:", "WARN", "npm warn", "note:", "#",
  ].map { Array($0.utf8) }

  /// True if a line says what went wrong.
  static func matches(_ line: LogLine) -> Bool {
    let bytes = line.bytes[...]
    if line.mark == .error { return !isExitCode(line) }
    guard line.mark == nil else { return false }
    let trimmed = bytes.drop { $0 == 0x20 }
    guard !trimmed.isEmpty, !harmlessBeginnings.contains(where: trimmed.starts) else {
      return false
    }
    if ends(trimmed, "... ok") { return false }
    guard signs.contains(where: trimmed.starts) || hasWord(bytes) else { return false }
    let lowered = bytes.map(lower)
    return !harmless.contains { find($0, in: lowered[...]) }
  }

  /// True for the line that GitHub Actions writes when a command failed: it says nothing of why.
  static func isExitCode(_ line: LogLine) -> Bool {
    line.bytes.starts(with: Array("Process completed with exit code".utf8))
  }

  private static func hasWord(_ bytes: ArraySlice<UInt8>) -> Bool {
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let rest = bytes[index...]
      if Self.starts[Int(lower(bytes[index]))] {
        if words.contains(where: { begins(rest, with: $0) }) { return true }
        let isWordStart = index == bytes.startIndex || !isLetter(bytes[index - 1])
        if isWordStart, capitals.contains(where: { isWhole($0, at: rest) }) { return true }
      }
      index += 1
    }
    return false
  }

  /// Which bytes a word may begin with, so that most places cost one look.
  private static let starts: [Bool] = {
    var table = [Bool](repeating: false, count: 256)
    for word in words + capitals { table[Int(lower(word[0]))] = true }
    return table
  }()

  private static func begins(_ bytes: ArraySlice<UInt8>, with word: [UInt8]) -> Bool {
    guard bytes.count >= word.count else { return false }
    for offset in word.indices
    where lower(bytes[bytes.startIndex + offset]) != word[offset] { return false }
    return true
  }

  /// True if the word stands here as it is written, and no letter follows.
  private static func isWhole(_ word: [UInt8], at bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.starts(with: word) else { return false }
    let next = bytes.dropFirst(word.count).first
    return next.map { !isLetter($0) && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "=") } ?? true
  }

  private static func find(_ word: [UInt8], in lowered: ArraySlice<UInt8>) -> Bool {
    guard lowered.count >= word.count else { return false }
    return (lowered.startIndex...(lowered.endIndex - word.count)).contains {
      lowered[$0] == word[0] && lowered[$0..<($0 + word.count)].elementsEqual(word)
        && !($0 > lowered.startIndex && isDigit(word[0]) && isDigit(lowered[$0 - 1]))
    }
  }

  private static func ends(_ bytes: ArraySlice<UInt8>, _ text: String) -> Bool {
    bytes.suffix(text.utf8.count).elementsEqual(text.utf8)
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
