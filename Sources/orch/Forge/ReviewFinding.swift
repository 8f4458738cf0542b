/// A finding of a review: `path:line: what goes wrong`, or only words.
struct ReviewFinding: Sendable, Hashable {
  /// The file; empty if it names none.
  var path = ""
  /// The line, from 1; nil if it names none.
  var line: Int?
  /// What goes wrong.
  var text: String

  /// Reads a finding.
  init(text: String) {
    self.text = text
    let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let line = Int(parts[1]), line > 0, !parts[0].isEmpty,
      !parts[0].contains(where: \.isWhitespace)
    else { return }
    path = String(parts[0])
    self.line = line
    self.text = String(parts[2].drop(while: \.isWhitespace))
  }
}
