/// One answer of a scripted model.
public enum ModelTurn: Sendable {
  /// Runs a command with the tool that the program offers for it.
  case run(String)
  /// Says something, which ends the program's turn.
  case say(String)
  /// Answers with an error instead.
  case fail(status: Int, kind: String, message: String)
  /// Closes the connection without an answer.
  case drop
  /// Accepts the request and never answers.
  case hang

  /// A service that does not take the key.
  public static let unauthorised = Self.fail(
    status: 401, kind: "authentication_error", message: "invalid key")
  /// A service that is asked too often.
  public static let rateLimited = Self.fail(
    status: 429, kind: "rate_limit_error", message: "slow down")
  /// A service with a fault.
  public static let overloaded = Self.fail(
    status: 503, kind: "overloaded_error", message: "overloaded")
  /// A conversation that no longer fits.
  public static let tooLong = Self.fail(
    status: 400, kind: "invalid_request_error",
    message: "prompt is too long: 250000 tokens > 200000 maximum")
}
