internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import Worktrees

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Errors of any room as a short sentence for a task's reason; the command line has the long form.
enum FailureText {
  /// True if an object was not found: a partial clone may have left it at its remote.
  static func isOfMissingObject(_ error: any Error) -> Bool {
    switch error {
    case let error as GitError: error.code == .notFound
    case WorktreeError.git(let error): error.code == .notFound
    default: false
    }
  }

  /// True if something could not be written for want of room on a disk.
  static func isOfFullDisk(_ error: any Error) -> Bool {
    switch error {
    case StateError.file(_, _, let number): return [ENOSPC, EDQUOT].contains(number)
    case StateError.writing(let error): return isOfFullDisk(error)
    // What a person's command says of its own places is for that person.
    case is SetupError: return false
    case StateError.git(let error), StateError.damaged(let error): return isOfFullDisk(error)
    default:
      let text = sentence(error)
      return [ENOSPC, EDQUOT].contains { text.contains(String(cString: strerror($0))) }
    }
  }

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
    case let error as WorktreeError: Explain.worktree(error)
    case let error as IndexError: Explain.index(error)
    case let error as OpenError: Explain.open(error)
    case let error as PackError: Explain.writing(error)
    case let error as GitError: error.description
    case let error as AgentError: Explain.agent(error)
    case let error as SetupError: error.text
    default: "\(error)"
    }
  }
}
