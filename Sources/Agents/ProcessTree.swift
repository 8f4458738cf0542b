internal import CPlatform
internal import Folders

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The machine's processes as /proc lists them, and the end of those that belong to an attempt.
///
/// Where there is no /proc, as on macOS, only an agent's process group is found.
enum ProcessTree {
  /// How long descendants are killed before the rest is given up, in milliseconds.
  static let maximumMilliseconds: Int64 = 10_000
  /// How often marked processes are looked for: each round finds what the last one's began meanwhile.
  static let maximumRounds = 20
  /// How often this process's own children are looked at before all processes are: some 20 milliseconds.
  static let maximumLooks: Int32 = 2000
  /// The variable that every process of an attempt inherits.
  static let marker = "ORCH_RUN_DIRECTORY"

  /// One process; nil if there is none of that number.
  static func entry(of pid: pid_t) -> ProcessEntry? {
    RunFile.readSpecial("/proc/\(pid)/stat").flatMap { ProcessEntry(pid: pid, stat: $0) }
  }

  /// Every process that can be seen.
  static func all() -> [ProcessEntry] {
    Folder.names(in: "/proc").compactMap { pid_t($0).flatMap(entry(of:)) }
  }

  /// Those of `entries` that are `roots` or below them.
  static func closure(of roots: Set<pid_t>, in entries: [ProcessEntry]) -> [ProcessEntry] {
    let children = Dictionary(grouping: entries, by: \.parent)
    var found = roots
    var queue = Array(roots)
    while let next = queue.popLast() {
      for child in children[next] ?? [] where found.insert(child.pid).inserted {
        queue.append(child.pid)
      }
    }
    return entries.filter { found.contains($0.pid) }
  }

  /// Kills everything below this process, collects it, and returns what was still running.
  ///
  /// All of it is stopped before any of it is killed: what is killed one by one makes room for what the others
  /// begin meanwhile. `group` is the agent's process group, for where there is no /proc.
  static func killDescendants(group: pid_t) -> [ProcessEntry] {
    var killed: [pid_t: ProcessEntry] = [:]
    let deadline = orch_monotonic_ms() + maximumMilliseconds
    if entry(of: getpid()) == nil { kill(-group, SIGKILL) }
    while hasChildren(), orch_monotonic_ms() < deadline {
      for entry in stopDescendants(until: deadline) {
        killed[entry.pid] = entry
        kill(entry.pid, SIGKILL)
      }
      poll(nil, 0, 1)
    }
    return killed.values.sorted { $0.pid < $1.pid }
  }

  /// Stops everything that runs below this process, and returns it, with what was stopped before.
  ///
  /// The kernel begins no process for one that a signal waits for: once a look finds nothing that was not
  /// signalled, there is nothing else. A look at all processes takes longer than a process lives that begins
  /// another one and ends; that other one is an orphan then, and so a child of this process, which are few.
  private static func stopDescendants(until deadline: Int64) -> [ProcessEntry] {
    var asked: Set<pid_t> = []
    while true {
      orch_stop_children(maximumLooks)
      let found = closure(of: [getpid()], in: all()).filter { $0.pid != getpid() && !$0.isZombie }
      let fresh = found.filter { !$0.isStopped && asked.insert($0.pid).inserted }
      for entry in fresh { kill(entry.pid, SIGSTOP) }
      if fresh.isEmpty || orch_monotonic_ms() >= deadline { return found }
    }
  }

  /// Collects ended children; false if there is none left.
  private static func hasChildren() -> Bool {
    while true {
      let pid = waitpid(-1, nil, WNOHANG)
      if pid == 0 { return true }
      if pid < 0 { return errno != ECHILD }
    }
  }

  /// Kills processes that carry a mark in their environment, are in a session, or are `known`, and all below
  /// them.
  static func killMarked(
    _ mark: (name: String, value: String), session: pid_t?,
    known: Set<WorkerIdentity.Process> = []
  ) -> [ProcessEntry] {
    let mark = Array("\(mark.name)=\(mark.value)".utf8)
    var killed: [pid_t: ProcessEntry] = [:]
    for _ in 0..<maximumRounds {
      let entries = all()
      let roots = entries.filter { entry in
        !entry.isZombie && entry.pid != getpid()
          && (entry.session == session || isMarked(entry.pid, mark)
            || known.contains(.init(pid: entry.pid, start: entry.start)))
      }
      if roots.isEmpty { break }
      for entry in closure(of: Set(roots.map(\.pid)), in: entries) where entry.pid != getpid() {
        if killExactly(entry) { killed[entry.pid] = entry }
      }
      poll(nil, 0, 2)
    }
    return killed.values.sorted { $0.pid < $1.pid }
  }

  private static func isMarked(_ pid: pid_t, _ mark: [UInt8]) -> Bool {
    RunFile.readSpecial("/proc/\(pid)/environ")?
      .split(separator: 0).contains { $0.elementsEqual(mark) } ?? false
  }

  /// Kills a process unless its number belongs to a younger one by now.
  private static func killExactly(_ entry: ProcessEntry) -> Bool {
    let process = orch_process_open(entry.pid)
    defer { if process >= 0 { close(process) } }
    guard self.entry(of: entry.pid)?.start == entry.start else { return false }
    guard process >= 0 else { return kill(entry.pid, SIGKILL) == 0 }
    return orch_process_kill(process) == 0
  }
}
