/// A log cut to what matters: the first error with its surroundings, later errors, and the end.
public struct TrimmedLog: Sendable, Hashable {
  /// The text: clean lines, gaps as "[… 120 lines left out …]"; at most `ForgeLimits.keptLogBytes`.
  public var text: String
  /// The first line that says what went wrong; nil if no line does.
  public var firstError: String?
  /// The command or action that the first error came from, as GitHub Actions headed it.
  public var section: String?
  /// Lines of the whole log, without those that were not read.
  public var lineCount: Int
  /// True if the log was longer than what is read of one.
  public var isCutOff: Bool

  /// All parts.
  public init(
    text: String, firstError: String? = nil, section: String? = nil, lineCount: Int,
    isCutOff: Bool = false
  ) {
    self.text = text
    self.firstError = firstError
    self.section = section
    self.lineCount = lineCount
    self.isCutOff = isCutOff
  }

  /// What matters of a whole text.
  public init(trimming text: String) {
    var trimmer = LogTrimmer()
    Array(text.utf8).withUnsafeBytes { trimmer.add($0) }
    self = trimmer.finish()
  }
}
