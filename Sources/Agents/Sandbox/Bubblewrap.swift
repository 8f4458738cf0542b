internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The program `bwrap`, which gives a command namespaces of its own: https://github.com/containers/bubblewrap.
///
/// Nothing is in the sandbox but what `mounts` put there. Processes, network, host name and IPC are its own;
/// it has no capability and can make no further user namespace, so that no mount can be undone from inside.
public struct Bubblewrap: Sendable, Hashable {
  /// How long the trial run may take, in seconds.
  static let trialSeconds = 20
  /// What is in every sandbox, for reading, where the machine has it.
  static let systemFolders = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix/store",
    "/run/current-system",
  ]
  /// What is taken out again: readable for a superuser, and no agent's business.
  static let hiddenFiles = [
    "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers",
    "/etc/security/opasswd", "/etc/krb5.keytab",
  ]
  /// Folders that are empty inside.
  static let hiddenFolders = [
    "/etc/ssh", "/etc/ssl/private", "/etc/sudoers.d", "/etc/wireguard", "/etc/letsencrypt",
    "/etc/NetworkManager/system-connections",
  ]

  /// The program's absolute path.
  public let program: String

  /// Finds the program on a PATH.
  ///
  /// Throws `AgentError.sandbox`.
  public init(path: String) throws(AgentError) {
    guard let program = ProgramPath.find("bwrap", path: path) else {
      throw .sandbox(
        reason: "the program 'bwrap' is not installed",
        hint: "install it: apt-get install bubblewrap, or dnf install bubblewrap")
    }
    self.program = program
  }

  /// Tries a sandbox with nothing in it but the system.
  ///
  /// Throws `AgentError.sandbox` with what the kernel or the machine's settings refuse.
  public func check() async throws(AgentError) {
    let words = arguments(mounts: [], directory: "/", sharesNetwork: false)
    let result = try await ShellCommand.run(
      program: program, arguments: words + ["--", "/bin/sh", "-c", "exit 0"], in: "/",
      environment: ["PATH": "/usr/bin:/bin"], timeoutSeconds: Self.trialSeconds)
    guard result.exitCode != 0 else { return }
    let detail = result.output.split(separator: "\n").first.map(String.init) ?? "no reason given"
    throw .sandbox(reason: "bubblewrap cannot make a sandbox here: \(detail)", hint: Self.hint)
  }

  /// How closed user namespaces are opened, by what closes them.
  private static var hint: String {
    func setting(_ name: String) -> String? {
      RunFile.readSpecial("/proc/sys/" + name).map {
        String(decoding: $0.prefix { $0 != 0x0A }, as: UTF8.self)
      }
    }
    if setting("kernel/unprivileged_userns_clone") == "0" {
      return "open user namespaces: sysctl -w kernel.unprivileged_userns_clone=1"
    }
    if setting("user/max_user_namespaces") == "0" {
      return "open user namespaces: sysctl -w user.max_user_namespaces=10000"
    }
    if setting("kernel/apparmor_restrict_unprivileged_userns") == "1" {
      return "allow bwrap in AppArmor, or: "
        + "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    }
    return "user namespaces may be closed, as in many containers: docker run --security-opt "
      + "seccomp=unconfined opens them; else set 'sandbox: none'"
  }

  /// The words before `--` and the command.
  func arguments(mounts: [SandboxMount], directory: String, sharesNetwork: Bool) -> [String] {
    var words = [
      "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
      "--disable-userns", "--cap-drop", "ALL", "--die-with-parent",
    ]
    if !sharesNetwork { words.append("--unshare-net") }
    words += Self.system.flatMap(\.words)
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += mounts.flatMap(\.words)
    return words + ["--chdir", directory]
  }

  /// The system's programs and libraries, without secrets.
  private static var system: [SandboxMount] {
    var mounts = systemFolders.compactMap { folder -> SandboxMount? in
      if let target = linkTarget(folder) { return .link(target: target, at: folder) }
      return RunFile.exists(folder) ? .readOnly(folder, at: folder) : nil
    }
    for file in hiddenFiles where RunFile.exists(file) {
      mounts.append(.readOnly("/dev/null", at: file))
    }
    for folder in hiddenFolders where RunFile.exists(folder) { mounts.append(.empty(folder)) }
    return mounts
  }

  /// True if a path lies in a folder that every sandbox shows.
  static func isInSystem(_ path: String) -> Bool {
    systemFolders.contains { path == $0 || path.hasPrefix($0 + "/") }
  }

  private static func linkTarget(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
