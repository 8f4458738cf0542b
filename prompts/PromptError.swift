/// Why a prompt cannot be made: found before an agent starts.
public enum PromptError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Templates of the repository have problems; all of them.
  case templates([TemplateProblem])
  /// What cannot be cut is larger than the whole prompt may be, in bytes.
  case tooLarge(bytes: Int, limit: Int)

  /// One problem a line.
  public var description: String {
    switch self {
    case .templates(let problems): problems.map(\.description).joined(separator: "\n")
    case .tooLarge(let bytes, let limit):
      "the prompt has \(bytes) bytes after everything was cut that can be; the limit is \(limit)"
    }
  }
}
