/// Where a worker's result was found.
public enum RecoveredResult: Sendable, Hashable {
  /// In its file or its final message.
  case found(ResultDocument)
  /// Nowhere.
  case missing
  /// There is something that cannot be read; the text says what.
  case malformed(String)
}
