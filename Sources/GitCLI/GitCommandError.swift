/// Why a run of the git program did not do what it was asked to.
public enum GitCommandError: Error, Sendable, Hashable {
  /// The program is not on the PATH.
  case notFound(program: String)
  /// It ended with an error; `detail` is the end of what it said, for a person.
  case failed(command: String, exitCode: Int, detail: String)
  /// It did not end in time and was stopped.
  case timedOut(command: String, seconds: Int)
  /// It printed more than is read.
  case outputTooLarge(command: String, limit: Int)
  /// It could not be started or read.
  case broken(command: String, detail: String)

  /// True if git made a folder for an object and did not find it a moment later.
  var isOfVanishedFolder: Bool {
    guard case .failed(_, _, let detail) = self else { return false }
    return detail.contains("unable to create temporary file: No such file or directory")
  }
}
