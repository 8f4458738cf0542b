internal import CPlatform
internal import Dispatch

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What orch does besides as the first process of a container, whose end is the container's.
enum GateOfContainer {
  /// The line that tells of processes that the kernel ended for want of memory.
  static let memoryLine = "orch: sandbox: the memory that the worker may use is full"
  /// What a stopped container ends with.
  private static let lostCode: Int32 = 137
  /// The counts of the container's own control group: cgroup v2, `memory.events`.
  private static let memoryEvents = "/sys/fs/cgroup/memory.events"

  /// Blocks the signals that are passed on, and ends the container when nobody holds its lock any more.
  static func prepare() {
    var signals = passed
    sigprocmask(SIG_BLOCK, &signals, nil)
    let lock = orch_open(ContainerWalls.lockInside, O_RDONLY, 0)
    // Where nobody holds it now, locks do not reach into containers.
    guard lock >= 0, orch_flock_shared(lock, false) == EWOULDBLOCK else { return }
    DispatchQueue(label: "orch.gate.life").async {
      while orch_flock_shared(lock, true) == EINTR {}
      _exit(lostCode)
    }
  }

  private static var passed: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    return signals
  }

  /// Passes on what the engine's client hears to the agent and its group.
  static func passSignals(to child: pid_t) {
    // One that is ignored never waits to be taken.
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
    DispatchQueue(label: "orch.gate.signals").async {
      var signals = passed
      var number: Int32 = 0
      while true {
        guard sigwait(&signals, &number) == 0 else { continue }
        if kill(-child, number) != 0 { kill(child, number) }
      }
    }
  }

  /// The program of a worker: where this machine has it, or by its name on the image's PATH.
  static func program(_ program: String, path: String) -> String? {
    if program.hasPrefix("/"), let found = ProgramPath.find(program, path: path) { return found }
    let name = program.split(separator: "/").last.map(String.init) ?? program
    return ProgramPath.find(name, path: path)
  }

  /// Says on standard error if the kernel ended something for want of memory.
  static func tellOfMemory() {
    let text = String(decoding: RunFile.readSpecial(memoryEvents) ?? [], as: UTF8.self)
    guard let count = ControlGroupText.count("oom_kill", in: text), count > 0 else { return }
    let line = "\(memoryLine): \(count) of its processes were ended by the kernel\n"
    _ = RunFile.append(Array(line.utf8), to: 2)
  }
}
