internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Until when an agent may run: the content of `fence` in its run directory.
///
/// Whoever holds the task's claim writes the instant at which work has to stop unless the claim's host is
/// heard of again, and moves it on as long as it is. Where there is no such file, there is no limit. The
/// supervisor looks, so that it holds although the orchestrator hangs, is stopped or is gone.
struct WorkFence {
  /// The first rounds, which all look at the process table: what was being forked is found there.
  private static let everyRound = 10
  /// After them, one round in so many looks.
  private static let laterRounds = 50

  /// The instant of the clock that counts sleep, in milliseconds; 0 is the past.
  static func deadline(in directory: RunDirectory) -> Int64? {
    guard let bytes = RunFile.read(directory.fence) else { return nil }
    return Int64(String(decoding: bytes, as: UTF8.self)) ?? 0
  }

  /// True while the agent is suspended.
  private(set) var isClosed = false
  /// The processes that were stopped, with their start, which tells them from younger ones.
  private var suspended: [pid_t: Int] = [:]
  private var rounds = 0

  /// Suspends or resumes all processes of the agent, as the file says; true if it is suspended.
  ///
  /// What is begun between the look at the process table and the signal is found in the next round.
  mutating func look(
    at now: Int64, group: pid_t, container: ContainerHandle? = nil, in directory: RunDirectory
  ) -> Bool {
    let isOver = Self.deadline(in: directory).map { now >= $0 } ?? false
    // What a service began is not below this process.
    let remote = container.flatMap { $0.isOfService ? $0 : nil }
    if isOver {
      if !isClosed { remote?.pause() }
      suspend(group)
    } else if isClosed {
      remote?.resume()
      resume(group)
    }
    isClosed = isOver
    return isOver
  }

  private mutating func suspend(_ group: pid_t) {
    rounds += 1
    guard rounds <= Self.everyRound || rounds % Self.laterRounds == 0 else { return }
    kill(-group, SIGSTOP)
    for entry in ProcessTree.closure(of: [getpid()], in: ProcessTree.all())
    where entry.pid != getpid() && suspended[entry.pid] != entry.start {
      if kill(entry.pid, SIGSTOP) == 0 { suspended[entry.pid] = entry.start }
    }
  }

  private mutating func resume(_ group: pid_t) {
    for (pid, start) in suspended where ProcessTree.entry(of: pid)?.start == start {
      kill(pid, SIGCONT)
    }
    kill(-group, SIGCONT)
    suspended = [:]
    rounds = 0
  }
}

extension WorkerMonitor {
  /// Says until when the worker may run, in milliseconds of the clock that counts sleep; nil: not now.
  ///
  /// To be called before the worker is started, and again whenever the instant moves. False if it could not
  /// be written: then what was said before still holds.
  @discardableResult
  public func setWorkDeadline(milliseconds: Int?) -> Bool {
    let text = String(milliseconds ?? 0)
    guard RunFile.makeFolders(directory) else { return false }
    return RunFile.replace(RunDirectory(path: directory).fence, Array(text.utf8), durable: false)
  }

  /// Lets the worker run without a limit: no other machine may take its task.
  public func removeWorkDeadline() { unlink(RunDirectory(path: directory).fence) }

  /// True if the instant is past at which the worker is suspended: another machine may have its task by now.
  public var isSuspended: Bool {
    WorkFence.deadline(in: RunDirectory(path: directory)).map { orch_monotonic_ms() >= $0 } ?? false
  }

  /// True if a supervisor is at work in the run directory.
  public var isSupervised: Bool {
    let files = RunDirectory(path: directory)
    return RunFile.exists(files.lock) && files.isSupervised
  }
}
