#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What one worker's sandbox holds; puts a launch into it.
public struct SandboxPlan: Sendable, Hashable {
  /// What makes it.
  public enum Walls: Sendable, Hashable {
    /// The program bwrap.
    case bubblewrap(Bubblewrap)
    /// A container of docker or podman.
    case container(ContainerWalls)
  }

  /// What makes it.
  public var walls: Walls
  /// orch's own program, which is the gate inside.
  public var orch: String
  /// What is visible beside the system, in the order of mounting.
  public var mounts: [SandboxMount] = []
  /// The folder that is `HOME` inside, and where.
  public var home: (source: String, place: String)
  /// The folder that is `/tmp` inside; nil is one in memory.
  public var temporary: String?
  /// The folder of the proxy's socket, on this side.
  public var gateFolder: String
  /// What can be reached.
  public var network = SandboxNetwork.filtered
  /// Hosts that can be reached: names, `*.name`, each with `:port` if it is not 80 or 443.
  public var hosts: [String] = []
  /// Variables that are set inside besides the launch's own.
  public var environment: [String: String] = [:]

  /// Where the proxy's socket is inside.
  static let gateInside = "/run/orch/gate"
  /// The socket's name.
  public static let socketName = "proxy"

  /// The parts without defaults.
  public init(
    walls: Walls, orch: String, home: (source: String, place: String), gateFolder: String
  ) {
    self.walls = walls
    self.orch = orch
    self.home = home
    self.gateFolder = gateFolder
  }

  /// True if every sandbox shows a path, because it lies in one of the system's folders.
  public static func isVisibleAnyway(_ path: String) -> Bool { Bubblewrap.isInSystem(path) }

  /// Runs a command of the configuration in it, as `ShellCommand.run` does outside; throws `AgentError`.
  public func run(
    _ command: String, in directory: String, environment: [String: String], timeoutSeconds: Int,
    lock: ResourceLock? = nil
  ) async throws(AgentError) -> ShellResult {
    let launch = wrap(
      WorkerLaunch(
        program: "/bin/sh", arguments: ["-c", command], environment: environment,
        directory: directory, type: "script"))
    let proxy = launch.proxy.flatMap { AllowListProxy($0, log: { _ in }) }
    defer { proxy?.stop() }
    let life = try held()
    defer { if let life { close(life) } }
    let result = try await ShellCommand.run(
      program: launch.program, arguments: launch.arguments, in: directory,
      environment: launch.processEnvironment, timeoutSeconds: timeoutSeconds, lock: lock)
    if let container = launch.container { await Self.remove(container) }
    return result
  }

  /// The same attempt, in the sandbox.
  public func wrap(_ launch: WorkerLaunch) -> WorkerLaunch {
    var wrapped = launch
    let isFiltered = network == .filtered
    let all = allMounts(directory: launch.directory)
    let socket = isFiltered ? "\(Self.gateInside)/\(Self.socketName)" : SandboxGate.noSocket
    let gate = [SandboxGate.command, socket, launch.program] + launch.arguments
    wrapped.environment.merge(["HOME": home.place, "TMPDIR": "/tmp"]) { $1 }
    wrapped.environment.merge(environment) { $1 }
    for name in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"] {
      wrapped.environment[name] = nil
    }
    wrapped.isSandboxed = true
    switch walls {
    case .bubblewrap(let bubblewrap):
      wrapped.program = bubblewrap.program
      wrapped.arguments =
        bubblewrap.arguments(
          mounts: all, directory: launch.directory, sharesNetwork: network == .open)
        + ["--", orch] + gate
    case .container(let container):
      wrapped.program = container.engine.program
      wrapped.arguments = container.words(
        mounts: all, directory: launch.directory, network: network, limits: launch.limits,
        command: container.command + gate)
      wrapped.container = handle(container, wrapped.environment)
    }
    if isFiltered {
      wrapped.proxy = ProxyRules(
        socket: "\(gateFolder)/\(Self.socketName)", hosts: hosts,
        upstream: ProxyRules.upstream(of: launch.environment))
    }
    return wrapped
  }

  /// What is visible beside the system, in the order of mounting.
  func allMounts(directory: String) -> [SandboxMount] {
    // First, since any other place may lie below it.
    var all: [SandboxMount] = [temporary.map { .writable($0, at: "/tmp") } ?? .empty("/tmp")]
    if network == .filtered { all.append(.writable(gateFolder, at: Self.gateInside)) }
    all.append(.writable(home.source, at: home.place))
    all += mounts
    switch walls {
    case .bubblewrap:
      return all
        + ([orch] + MappedLibraries.files).filter { !Bubblewrap.isInSystem($0) }
        .map { .readOnly($0, at: $0) }
    case .container(let container):
      return container.covered(container.doubled(all, worktree: directory))
        + container.mountsOfOrch(program: orch)
    }
  }

  /// Every part but the functions is compared.
  public static func == (left: SandboxPlan, right: SandboxPlan) -> Bool {
    left.walls == right.walls && left.orch == right.orch && left.mounts == right.mounts
      && left.home == right.home && left.gateFolder == right.gateFolder
      && left.network == right.network && left.hosts == right.hosts
      && left.environment == right.environment && left.temporary == right.temporary
  }

  /// The home and the mounts tell plans apart.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(home.source)
    hasher.combine(mounts)
  }
}
