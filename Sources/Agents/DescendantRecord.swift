internal import JSON

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
  /// The most processes that are written down.
  static let maximumProcesses = 2000

  private var nextLookAt: Int64 = 0
  private var written: Set<WorkerIdentity.Process> = []

  /// Looks if it is time to; the record is replaced when something new has begun.
  mutating func look(at now: Int64, in directory: RunDirectory) {
    guard now >= nextLookAt else { return }
    nextLookAt = now + Self.lookMilliseconds
    let found = Set(
      ResourceUse.descendants(of: getpid(), limit: Self.maximumProcesses)
        .compactMap(WorkerIdentity.Process.init(living:)))
    // What has ended may stay in the record: its number and start are nobody else's.
    guard !found.isSubset(of: written) else { return }
    let entries: [JSONValue] = found.map { [.number(Int($0.pid)), .number($0.start)] }
    if RunFile.replace(
      directory.descendants, JSONValue.array(entries).canonicalBytes, durable: false)
    {
      written = found
    }
  }

  /// The processes that were written down.
  static func read(_ directory: RunDirectory) -> [WorkerIdentity.Process] {
    (RunFile.json(directory.descendants)?.array ?? []).compactMap { entry in
      guard let numbers = entry.array, numbers.count == 2,
        let pid = numbers[0].int.flatMap({ pid_t(exactly: $0) }), let start = numbers[1].int
      else { return nil }
      return WorkerIdentity.Process(pid: pid, start: start)
    }
  }
}
