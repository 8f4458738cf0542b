public import Foundation

extension Process {
  /// Waits for the end of a process that was started, asleep.
  ///
  /// Foundation's `waitUntilExit` turns a run loop, and on a thread whose run loop has no sources that is a loop
  /// without a rest: a processor of the machine for every process that is waited for.
  ///
  /// One that does not end is ended after ten minutes, an hour with ORCH_PROVE=1, and told of: a run of all tests
  /// that stands still says nothing of why.
  public func waitForEnd() {
    let hanging = HangingProcess(self)
    let guardian = DispatchWorkItem { hanging.end() }
    DispatchQueue.global().asyncAfter(deadline: .now() + HangingProcess.patience, execute: guardian)
    defer { guardian.cancel() }
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

/// A process that should have ended long ago.
private struct HangingProcess: Sendable {
  /// How long a process may take, in seconds.
  ///
  /// The longest of a usual run of the tests take a minute or two.
  static let patience = ProcessInfo.processInfo.environment["ORCH_PROVE"] == "1" ? 3600.0 : 600.0

  private let identifier: Int32
  private let command: String
  private let folder = Scratch.current.path

  init(_ process: Process) {
    identifier = process.processIdentifier
    command = (process.arguments ?? []).joined(separator: " ")
  }

  /// Tells of the process and of those that work in its test's folder, and ends it.
  func end() {
    say("HANGS: \(command) [\(identifier)]\n" + relatives())
    kill(identifier, SIGKILL)
    _ = poll(nil, 0, 30_000)
    var left = siginfo_t()
    if waitid(P_PID, id_t(identifier), &left, WEXITED | WNOWAIT | WNOHANG) == 0 {
      say("Foundation does not see that process \(identifier) has ended; these tests end here.\n")
      exit(1)
    }
  }

  private func say(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  /// The processes that work in the test's folder or name it: state, what they wait for, and open files.
  private func relatives() -> String {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { Int($0) != nil }.compactMap { describe("/proc/" + $0) }.joined()
  }

  private func describe(_ place: String) -> String? {
    let files = FileManager.default
    func content(_ name: String) -> String {
      String(decoding: files.contents(atPath: "\(place)/\(name)") ?? Data(), as: UTF8.self)
    }
    func target(_ name: String) -> String {
      (try? files.destinationOfSymbolicLink(atPath: "\(place)/\(name)")) ?? ""
    }
    let words = content("cmdline").replacingOccurrences(of: "\0", with: " ")
    guard words.contains(folder) || target("cwd").hasPrefix(folder) else { return nil }
    let open = ((try? files.contentsOfDirectory(atPath: place + "/fd")) ?? []).sorted()
      .map { "\($0)=\(target("fd/" + $0))" }
    let state = content("stat").split(separator: ")").last?.prefix(10) ?? ""
    return "  \(place)\(state) \(content("wchan")) \(words)\n    \(open.joined(separator: " "))\n"
  }
}
