internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Writes down now and then which processes an agent has below it: what leaves its session without its mark is
/// found by that if the supervisor is killed.
///
/// What was begun after the last look and has neither is not found: nothing but a control group would tell.
struct DescendantRecord {
  /// How often is looked, in milliseconds.
  static let lookMilliseconds: Int64 = 500
  /// The most processes that are looked at.
  static let maximumProcesses = 2000
  /// The most processes that are written down of one worker: what has ended stays in the record.
  static let maximumEntries = 50_000

  private let file: Int32
  private var nextLookAt: Int64 = 0
  private var written: Set<WorkerIdentity.Process> = []

  /// Begins the record, which stays open: a run directory that is being removed gets no new file.
  init(_ directory: RunDirectory) {
    file = orch_open(directory.descendants, O_WRONLY | O_CREAT | O_APPEND, 0o600)
  }

  /// Looks if it is time to, and adds what has begun: a line each with number and start.
  mutating func look(at now: Int64) {
    guard now >= nextLookAt, file >= 0, written.count < Self.maximumEntries else { return }
    nextLookAt = now + Self.lookMilliseconds
    let found = ResourceUse.descendants(of: getpid(), limit: Self.maximumProcesses)
      .compactMap(WorkerIdentity.Process.init(living:))
    let new = Set(found).subtracting(written)
    guard !new.isEmpty else { return }
    let lines = new.map { "\($0.pid) \($0.start)\n" }.joined()
    if RunFile.append(Array(lines.utf8), to: file) { written.formUnion(new) }
  }

  /// The processes that were written down; a last line that was cut off is no process.
  static func read(_ directory: RunDirectory) -> [WorkerIdentity.Process] {
    let text = String(decoding: RunFile.read(directory.descendants) ?? [], as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      let numbers = line.split(separator: " ")
      guard numbers.count == 2, let pid = pid_t(numbers[0]), let start = Int(numbers[1]) else {
        return nil
      }
      return WorkerIdentity.Process(pid: pid, start: start)
    }
  }
}
