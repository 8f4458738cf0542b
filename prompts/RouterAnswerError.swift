/// Why a router's answer cannot be used.
public enum RouterAnswerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// There is no JSON object with an `executor` in it.
  case noAnswer
  /// It is larger than `limit` bytes.
  case tooLarge(limit: Int)
  /// A member has another type.
  case wrongType(member: String, expected: String)
  /// The agent is none of those that can be given work.
  case unknownAgent(name: String, allowed: [String])

  /// One sentence.
  public var description: String {
    switch self {
    case .noAnswer: "the router's answer has no JSON object with 'executor'"
    case .tooLarge(let limit): "the router's answer is larger than \(limit) bytes"
    case .wrongType(let member, let expected):
      "the router's answer has no usable '\(member)': expected \(expected)"
    case .unknownAgent(let name, let allowed):
      "the router chose '\(PromptInput.name(name))', which is none of "
        + allowed.map { "'\($0)'" }.joined(separator: ", ")
    }
  }
}
