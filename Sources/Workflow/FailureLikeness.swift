/// Tells whether two runs of a check failed in the same way.
public enum FailureLikeness {
  /// The most lines that are compared, from the end.
  public static let maximumLines = 400

  /// True if both say the same apart from paths, numbers and names of commits.
  ///
  /// Two texts that say nothing are not alike.
  public static func isAlike(_ one: String, _ other: String) -> Bool {
    let lines = comparable(one)
    return !lines.isEmpty && lines == comparable(other)
  }

  private static func comparable(_ text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).suffix(maximumLines)
      .map { ErrorNormaliser.normalise(String($0)) }.filter { !$0.isEmpty }
  }
}
