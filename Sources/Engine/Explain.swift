internal import Agents
internal import Git2
internal import Worktrees

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Errors of rooms as short sentences for a task's reason.
enum Explain {
  static func agent(_ error: AgentError) -> String {
    switch error {
    case .notInstalled(let agent, let program, let hint):
      "agent '\(agent)': the program '\(program)' is not installed; \(hint)"
    case .misconfigured(let agent, let reason): "agent '\(agent)': \(reason)"
    case .file(let path, let number): "'\(path)' cannot be used: \(words(number))"
    case .sandbox(let reason, let hint): "the sandbox cannot be had: \(reason); \(hint)"
    case .supervisor(let program, let number):
      "orch's supervisor '\(program)' did not start: \(words(number))"
    }
  }

  static func worktree(_ error: WorktreeError) -> String {
    switch error {
    case .branchCheckedOut(let branch, let path):
      "branch '\(branch)' is checked out in '\(path)'"
    case .pathOccupied(let path): "'\(path)' is in the way of the worktree"
    case .dirty(let path, let files):
      "'\(path)' holds uncommitted work in \(files.prefix(5).joined(separator: ", "))"
    case .unfinished(let path, let operation):
      "'\(path)' is in the middle of \(operation.name): there, \(operation.wayOut)"
    case .needsGit(let reason): reason
    case .refused(let path, let reason): "'\(path)': \(reason)"
    case .gitProgram(let operation, let detail): "git could not \(operation): \(detail)"
    case .index(let error): index(error)
    case .file(let path, let operation, let number):
      "could not \(operation) '\(path)': \(words(number))"
    case .cannotOpen(let error): open(error)
    case .writing(let error): writing(error)
    case .git(let error): error.description
    }
  }

  static func open(_ error: OpenError) -> String {
    switch error {
    case .notARepository(let path): "there is no repository in '\(path)'"
    case .ownedByAnotherUser(let path): "the repository in '\(path)' belongs to another user"
    case .unsupportedExtension(let name, let value, let path):
      "the repository in '\(path)' uses '\(name) = \(value)', which is not known"
    case .failed(let error): error.description
    }
  }

  static func writing(_ error: PackError) -> String {
    switch error {
    case .file(let path, let operation, let number):
      "could not \(operation) '\(path)': \(words(number))"
    case .compression(let error): error.description
    }
  }

  /// The system's words for an error number.
  private static func words(_ number: Int32) -> String { String(cString: strerror(number)) }

  static func index(_ error: IndexError) -> String {
    switch error {
    case .damaged(let path, let reason): "the index '\(path)' is damaged: \(reason)"
    case .unsupported(let path, let feature): "the index '\(path)' uses \(feature)"
    case .locked(let path): "another process holds '\(path)'"
    case .file(let path, let operation, let number):
      "could not \(operation) '\(path)': \(words(number))"
    }
  }
}
