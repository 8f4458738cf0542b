internal import Agents
internal import GitState

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A job's command on this machine: held by a lock that outlives the orchestrator, and with its exit code kept.
struct JobCommandRun {
  private let lockName: String
  private let locks: String
  private let codeFile: String
  private let scheduled: Int

  init(_ job: JobView, _ scheduled: Int, folder: LocalFolder) {
    lockName = "job-\(job.id)"
    locks = folder.path + "/locks"
    codeFile = "\(folder.path)/job-\(job.id).code"
    self.scheduled = scheduled
  }

  /// True while a command of the job runs on this machine, whoever began it.
  var isRunning: Bool {
    get throws { try ResourceLock(lockName, in: locks)?.queue().contains { $0.isHeld } ?? false }
  }

  /// What runs the command: under the lock, and leaving its exit code even if nobody waits for it any more.
  func shellLine(_ line: String, program: String) -> String {
    let file = ShellCommand.quoted(codeFile)
    let inner =
      "sh -c \(ShellCommand.quoted(line)); code=$?; "
      + "echo \"\(scheduled) $code\" > \(file).new && mv \(file).new \(file); exit $code"
    let words = [program, "lock", "run", "--quiet", lockName, "--", "sh", "-c", inner]
    // In the background of a shell: the shell dies with the orchestrator, what it has started does not.
    return words.map(ShellCommand.quoted).joined(separator: " ") + " & wait $!"
  }

  /// The exit code that the command of a scheduled time left; nil if there is none.
  func leftCode(of scheduled: Int) -> Int? {
    guard let file = fopen(codeFile, "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = fread(&bytes, 1, bytes.count, file)
    let words = String(decoding: bytes[..<count], as: UTF8.self).split { $0 == " " || $0 == "\n" }
    guard words.count == 2, Int(words[0]) == scheduled else { return nil }
    return Int(words[1])
  }
}
