internal import GitCLI

/// Errors of any room as a short sentence for a task's reason; the command line has the long form.
enum FailureText {
  static func sentence(_ error: any Error) -> String {
    switch error {
    case let error as GitCommandError:
      switch error {
      case .failed(let command, _, let detail): "\(command): \(detail)"
      case .timedOut(let command, let seconds): "\(command) did not end within \(seconds) s"
      case .notFound(let program): "the program '\(program)' is not installed"
      case .outputTooLarge(let command, _), .broken(let command, _): "\(command) broke off"
      }
    case let error as EngineError: error.sentence
    default: "\(error)"
    }
  }
}
