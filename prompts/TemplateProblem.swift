/// One thing that is wrong with a template.
public struct TemplateProblem: Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Sendable, Hashable {
    /// There is no such variable; `known` are those that the template may use.
    case unknownVariable(name: String, known: [String])
    /// `{{` without `}}` on the same line.
    case unclosedPlaceholder
    /// There is no template of this name; `known` are the names that there are.
    case unknownTemplate(known: [String])
    /// The file is larger than `limit` bytes.
    case tooLarge(limit: Int)
  }

  /// What is wrong.
  public let reason: Reason
  /// The file's name in `.orch/prompts`.
  public let file: String
  /// The line, from 1; nil if the whole file is meant.
  public let line: Int?

  /// One sentence: what, where, and what would be right.
  public var description: String {
    let place = line.map { "prompt template '\(file)' line \($0)" } ?? "prompt template '\(file)'"
    switch reason {
    case .unknownVariable(let name, let known):
      return "\(place): unknown variable '\(name)'; known are " + known.joined(separator: ", ")
    case .unclosedPlaceholder: return "\(place): '{{' is not closed by '}}' on the same line"
    case .unknownTemplate(let known):
      return "\(place): there is no template of this name; there are "
        + known.joined(separator: ", ")
    case .tooLarge(let limit): return "\(place) is larger than \(limit) bytes"
    }
  }
}
