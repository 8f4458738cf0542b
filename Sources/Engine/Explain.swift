internal import Agents
internal import Git2
internal import Worktrees

/// Errors of rooms as short sentences for a task's reason.
enum Explain {
  static func agent(_ error: AgentError) -> String {
    switch error {
    case .notInstalled(let agent, let program, let hint):
      "agent '\(agent)': the program '\(program)' is not installed; \(hint)"
    case .misconfigured(let agent, let reason): "agent '\(agent)': \(reason)"
    case .file(let path, let number): "'\(path)' cannot be used (errno \(number))"
    case .sandbox(let reason, let hint): "the sandbox cannot be had: \(reason); \(hint)"
    case .supervisor(let program, let number):
      "orch's supervisor '\(program)' did not start (errno \(number))"
    }
  }

  static func worktree(_ error: WorktreeError) -> String {
    switch error {
    case .branchCheckedOut(let branch, let path):
      "branch '\(branch)' is checked out in '\(path)'"
    case .pathOccupied(let path): "'\(path)' is in the way of the worktree"
    case .dirty(let path, let files):
      "'\(path)' holds uncommitted work in \(files.prefix(5).joined(separator: ", "))"
    case .needsGit(let reason): reason
    case .refused(let path, let reason): "'\(path)': \(reason)"
    case .gitProgram(let operation, let detail): "git could not \(operation): \(detail)"
    case .index(let error): index(error)
    case .file(let path, let operation, let number):
      "could not \(operation) '\(path)' (errno \(number))"
    case .cannotOpen(let error): "the worktree cannot be opened: \(error)"
    case .writing(let error): "objects could not be written: \(error)"
    case .git(let error): error.description
    }
  }

  private static func index(_ error: IndexError) -> String {
    switch error {
    case .damaged(let path, let reason): "the index '\(path)' is damaged: \(reason)"
    case .unsupported(let path, let feature): "the index '\(path)' uses \(feature)"
    case .locked(let path): "another process holds '\(path)'"
    case .file(let path, let operation, let number):
      "could not \(operation) '\(path)' (errno \(number))"
    }
  }
}
