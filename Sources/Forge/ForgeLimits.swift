/// How much is read from a forge: beyond a limit a value says that it was cut.
public enum ForgeLimits {
  /// Pull requests of one list or survey.
  public static let pullRequests = 1000
  /// Issues of one list.
  public static let issues = 500
  /// Issues and pull requests that something happened to last.
  public static let activities = 100
  /// Labels of one issue or pull request.
  public static let labels = 50
  /// Checks of one head.
  public static let checks = 500
  /// Reviews of one pull request, the latest.
  public static let reviews = 500
  /// Review threads of one pull request, the latest.
  public static let threads = 500
  /// Comments of one review thread, the first.
  public static let threadComments = 200
  /// Comments of one pull request or issue, the latest.
  public static let comments = 50
  /// Comments that are searched for one of orch's own.
  public static let searchedComments = 1000
  /// A comment's or description's length in bytes of UTF-8.
  public static let textBytes = 64 << 10
  /// A name's or title's length in bytes of UTF-8.
  public static let nameBytes = 1 << 10
  /// A token's length in bytes.
  public static let tokenBytes = 8 << 10
  /// An answer of the interface, in bytes.
  public static let answerBytes = 16 << 20
  /// What is read of a job's log, in bytes.
  public static let logBytes = 256 << 20
  /// What is kept of a job's log, in bytes of UTF-8.
  public static let keptLogBytes = 16 << 10
  /// What is kept of an error's text, in bytes of UTF-8.
  public static let detailBytes = 500
  /// The longest text that GitHub takes for a comment or description, in characters.
  public static let postedCharacters = 65_536

  /// The text, cut to so many bytes at a whole character; a cut one ends in "…".
  static func cut(_ text: String, to bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    var kept = ""
    var size = 3
    for character in text {
      size += character.utf8.count
      if size > bytes { break }
      kept.append(character)
    }
    return kept + "…"
  }
}
