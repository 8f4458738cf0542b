/// Where a value came from.
public enum Origin: Sendable, Hashable, CustomStringConvertible {
  /// Nobody set it.
  case standard
  /// The user's own file.
  case user(file: String, line: Int)
  /// The repository's file.
  case repository(file: String, line: Int)
  /// A map whose values came from several places: ask for each.
  case several

  /// The place in words: `default`, or file and line.
  public var description: String {
    switch self {
    case .standard: "default"
    case .user(let file, let line), .repository(let file, let line): "\(file):\(line)"
    case .several: "several places"
    }
  }
}
