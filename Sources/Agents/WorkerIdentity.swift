internal import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Who supervises and who is supervised, such that no later process is taken for one of them: the content of
/// `supervisor.json`.
///
/// A process is known by its number and its start; both mean something only within one boot of the machine
/// and one namespace of process numbers, which a container that was started again has anew.
struct WorkerIdentity: Sendable, Hashable {
  /// A process and its start in clock ticks since the machine's.
  struct Process: Sendable, Hashable {
    let pid: pid_t
    let start: Int

    /// A living process; nil if there is none of that number.
    init?(living pid: pid_t) {
      guard let entry = ProcessTree.entry(of: pid) else { return nil }
      self.init(pid: pid, start: entry.start)
    }

    init(pid: pid_t, start: Int) {
      self.pid = pid
      self.start = start
    }

    /// True if this very process lives.
    var isAlive: Bool { ProcessTree.entry(of: pid)?.start == start }
  }

  /// Where the kernel says which boot of the machine this is.
  private static let bootFile = "/proc/sys/kernel/random/boot_id"
  /// The link that names the namespace of process numbers.
  private static let namespaceLink = "/proc/self/ns/pid"

  /// The supervisor's number.
  var supervisor: pid_t
  /// The supervisor's start; nil where the system does not say.
  var started: Int?
  /// The agent; nil before there is one, or where the system does not say when it began.
  var agent: Process?
  /// The boot and the namespace in which the numbers mean something; nil where the system does not say.
  var world: String?
  /// Milliseconds since 1970.
  var writtenAt: Int

  /// This process as the supervisor of a child that has not been waited for.
  init(agent pid: pid_t?) {
    supervisor = getpid()
    started = ProcessTree.entry(of: supervisor)?.start
    agent = pid.flatMap(Process.init(living:))
    world = Self.world
    writtenAt = wallMilliseconds()
  }

  /// The boot and the namespace of this process; nil where the system does not say.
  static var world: String? {
    guard let boot = RunFile.readSpecial(bootFile) else { return nil }
    var link = [CChar](repeating: 0, count: 256)
    let count = max(0, readlink(namespaceLink, &link, link.count))
    let name = link.prefix(count).map { UInt8(bitPattern: $0) }
    return String(decoding: boot.prefix { $0 != UInt8(ascii: "\n") } + [0x20] + name, as: UTF8.self)
  }

  /// True if the numbers mean the same processes now as when they were written.
  var isOfThisWorld: Bool { world != nil && world == Self.world }

  /// The form in `supervisor.json`.
  var json: JSONValue {
    .compact([
      "pid": .number(Int(supervisor)), "started": started.map(JSONValue.number),
      "boot": world.map(JSONValue.string), "agent": agent.map { .number(Int($0.pid)) },
      "agent_started": agent.map { .number($0.start) }, "at": .number(writtenAt),
    ])
  }

  /// Reads the form in `supervisor.json`; nil if it is not whole.
  init?(json: JSONValue) {
    guard let pid = json["pid"]?.int.flatMap({ pid_t(exactly: $0) }) else { return nil }
    supervisor = pid
    started = json["started"]?.int
    let number = json["agent"]?.int.flatMap { pid_t(exactly: $0) }
    agent = number.flatMap { pid in
      json["agent_started"]?.int.map { Process(pid: pid, start: $0) }
    }
    world = json["boot"]?.string
    writtenAt = json["at"]?.int ?? 0
  }
}
