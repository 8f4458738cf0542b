public import Foundation

extension Process {
  /// Waits for the end of a process that was started, asleep.
  ///
  /// Foundation's `waitUntilExit` turns a run loop, and on a thread whose run loop has no sources that is a loop
  /// without a rest: a processor of the machine for every process that is waited for.
  public func waitForEnd() {
    var end = siginfo_t()
    // Looks only: Foundation is the one that takes the exit status, which is when it says that nothing runs.
    while isRunning, waitid(P_PID, id_t(processIdentifier), &end, WEXITED | WNOWAIT) == -1,
      errno == EINTR
    {}
    while isRunning { _ = poll(nil, 0, 1) }
    // Returns at once, and takes the process out of the thread's run loop, which would keep a dead reference.
    waitUntilExit()
  }
}
