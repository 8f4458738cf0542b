/// One thing that is wrong with a configuration file.
public struct SettingsProblem: Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Sendable, Hashable {
    /// The file cannot be read; `detail` says why.
    case unreadable(detail: String)
    /// It is larger than `limit` bytes.
    case tooLarge(limit: Int)
    /// It is not UTF-8.
    case notUTF8
    /// It is not YAML.
    case syntax(detail: String)
    /// It holds more values or levels than are read.
    case tooMany(what: String, limit: Int)
    /// There is no such key.
    case unknownKey(key: String, suggestion: String?)
    /// A name that the user chose cannot be used.
    case invalidName(key: String, suggestion: String?)
    /// The value has another type, or is out of bounds.
    case wrongType(key: String, expected: String, found: String)
    /// The value has the right type and makes no sense.
    case invalidValue(key: String, detail: String, suggestion: String?)
    /// A key is missing that has no default.
    case missing(key: String)
  }

  /// What is wrong.
  public let reason: Reason
  /// The file, as reports name it.
  public let file: String
  /// The line, from 1; nil if the whole file is meant.
  public let line: Int?

  /// One sentence: what, where, and what was probably meant.
  public var description: String {
    let place = line.map { "\(file) line \($0)" } ?? file
    switch reason {
    case .unreadable(let detail): return "'\(place)' cannot be read: \(detail)"
    case .tooLarge(let limit): return "'\(place)' is larger than \(limit) bytes"
    case .notUTF8: return "\(place) is not UTF-8"
    case .syntax(let detail): return "\(place) is not valid YAML: \(detail)"
    case .tooMany(let what, let limit): return "\(place) holds more than \(limit) \(what)"
    case .unknownKey(let key, let suggestion):
      return "unknown key '\(key)' in \(place)" + Self.question(suggestion)
    case .invalidName(let key, let suggestion):
      return "name '\(key)' in \(place) cannot be used" + Self.question(suggestion)
    case .wrongType(let key, let expected, let found):
      return "key '\(key)' in \(place) is \(found), expected \(expected)"
    case .invalidValue(let key, let detail, let suggestion):
      return "key '\(key)' in \(place): \(detail)" + Self.question(suggestion)
    case .missing(let key): return "key '\(key)' is missing in \(place)"
    }
  }

  /// The key that the problem is about; nil if it is the whole file.
  public var key: String? {
    switch reason {
    case .unknownKey(let key, _), .invalidName(let key, _), .wrongType(let key, _, _),
      .invalidValue(let key, _, _), .missing(let key):
      key
    case .unreadable, .tooLarge, .notUTF8, .syntax, .tooMany: nil
    }
  }

  private static func question(_ suggestion: String?) -> String {
    suggestion.map { ": did you mean '\($0)'?" } ?? ""
  }
}
