internal import CPlatform

extension ContainerWalls {
  /// The most memory that `/dev/shm` takes, in bytes: what docker gives where nothing is said.
  static let sharedMemory = "64m"

  /// The words of `docker run` and `podman run` up to the image and the command.
  ///
  /// The image is for reading; what can be written are mounts, which count for the limits. The engine keeps no log
  /// of the output, and pulls nothing.
  func words(
    mounts: [SandboxMount], directory: String, network: SandboxNetwork, limits: ResourceLimits,
    command: [String]
  ) -> [String] {
    var words = [
      "run", "--rm", "--interactive", "--name", name, "--pull", "never", "--log-driver", "none",
      "--label", "\(Label.repository)=\(repository)", "--label", "\(Label.owner)=\(owner)",
      "--label", "\(Label.lock)=\(lock)",
      "--network", network == .open ? "host" : "none",
      "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
      // SELinux would keep the container from the user's files, or have them labelled anew.
      "--security-opt", "label=disable",
      "--ipc", "private", "--shm-size", Self.sharedMemory, "--stop-timeout", "0",
    ]
    // It would lay writable folders over /run and others that no limit counts.
    if engine.kind == .podman { words.append("--read-only-tmpfs=false") }
    words += user.words(engine)
    words += Self.limitWords(limits)
    // By name: their values do not stand in a command line, which everybody can read.
    for name in [ContainerSettings.variable, ProcessTree.marker, ResourceLock.heldVariable] {
      words += ["--env", name]
    }
    words += ["--workdir", directory]
    words += Self.last(mounts).flatMap(Self.mountWords)
    words += ["--entrypoint", command[0], image]
    return words + command.dropFirst()
  }

  /// Limits that the kernel keeps for all processes of the container together, and for each of them.
  private static func limitWords(_ limits: ResourceLimits) -> [String] {
    var words: [String] = []
    if let bytes = limits.memoryBytes {
      words += ["--memory", "\(bytes)b", "--memory-swap", "\(bytes)b"]
    }
    if let count = limits.threads { words += ["--pids-limit", String(count)] }
    if let bytes = limits.diskBytes { words += ["--ulimit", "fsize=\(bytes):\(bytes)"] }
    // An engine's own are as high as its service may go: a worker gets what the user has.
    var own = [Int64](repeating: -1, count: 4)
    orch_own_limits(&own)
    for (name, pair) in [("nofile", own[..<2]), ("nproc", own[2...])] where !pair.contains(-1) {
      // podman takes itself down to the most processes that the kernel numbers, and cannot give more.
      let most = name == "nproc" ? Self.mostProcesses : Int64.max
      let values = pair.map { String(min($0, most)) }
      words += ["--ulimit", "\(name)=\(values.joined(separator: ":"))"]
    }
    return words
  }

  /// How many processes the kernel numbers: proc(5).
  private static let mostProcesses: Int64 = {
    let text = RunFile.readSpecial("/proc/sys/kernel/pid_max") ?? []
    return Int64(String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self)) ?? .max
  }()

  /// Of mounts at one place the last: an engine takes none twice.
  private static func last(_ mounts: [SandboxMount]) -> [SandboxMount] {
    var seen: Set<String> = []
    return mounts.reversed().filter { seen.insert($0.place).inserted }.reversed()
  }

  private static func mountWords(_ mount: SandboxMount) -> [String] {
    switch mount {
    case .readOnly(let source, let place):
      ["--mount", "type=bind,source=\(source),target=\(place),readonly"]
    case .writable(let source, let place):
      ["--mount", "type=bind,source=\(source),target=\(place)"]
    case .empty(let place): ["--tmpfs", "\(place):rw,exec,nosuid,nodev,mode=1777"]
    // An image that is for reading takes no link: see `EffectRunner.programMounts`.
    case .link: []
    }
  }

  /// A path that the words of an engine cannot say; nil if there is none.
  static func unsayable(_ mounts: [SandboxMount]) -> String? {
    let forbidden: Set<Character> = [",", "\"", "\n", "\r"]
    return mounts.flatMap(\.paths).first { $0.contains(where: forbidden.contains) }
  }
}
