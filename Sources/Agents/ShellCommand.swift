internal import Dispatch

/// Runs commands of the local configuration, such as checks, in a process group of their own.
public enum ShellCommand {
  /// The parts of the output that are kept: the first, and the last, in bytes each.
  public static let maximumOutputBytes = 64 * 1024

  /// The variable by which what a command leaves behind is found; a program that is to outlive it goes without.
  public static let markVariable = CommandRun.marker

  /// Runs a command with `/bin/sh -c`; returns when it and all that it started have ended.
  ///
  /// If `lock` is given, its turn is waited for first; that wait is not part of the time limit. Blocking happens on a thread of its own; cancelling the task ends the wait and the
  /// command. Throws `AgentError`.
  public static func run(
    _ command: String, in directory: String, environment: [String: String], timeoutSeconds: Int,
    lock: ResourceLock? = nil
  ) async throws(AgentError) -> ShellResult {
    try await run(
      program: "/bin/sh", arguments: ["-c", command], in: directory, environment: environment,
      timeoutSeconds: timeoutSeconds, lock: lock)
  }

  /// Runs a program, given by its absolute path, in the same way.
  public static func run(
    program: String, arguments: [String], in directory: String, environment: [String: String],
    timeoutSeconds: Int, lock: ResourceLock? = nil
  ) async throws(AgentError) -> ShellResult {
    let run = CommandRun(
      program: program, arguments: arguments, directory: directory, environment: environment,
      timeoutSeconds: timeoutSeconds, lock: lock)
    let queue = DispatchQueue(label: "orch.command")
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.async {
          continuation.resume(
            returning: Result { () throws(AgentError) -> ShellResult in try run.run() })
        }
      }
    } onCancel: {
      run.cancel()
    }
    return try result.get()
  }

  /// A text as one word for a POSIX shell, whatever it holds.
  public static func quoted(_ text: String) -> String {
    let parts = text.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: "'\\''") + "'"
  }
}
