/// The walls around a worker.
public struct SandboxSettings: Sendable, Equatable {
  /// The kinds of walls.
  public enum Kind: String, Sendable, CaseIterable {
    /// None: the worker runs as the user.
    case none
    /// bubblewrap, on Linux.
    case bubblewrap
    /// docker or podman.
    case container
  }

  /// Who runs containers.
  public enum Engine: String, Sendable, CaseIterable {
    /// The first of podman and docker whose engine answers.
    case any
    /// podman.
    case podman
    /// docker.
    case docker
  }

  /// What a worker can reach.
  public enum Network: String, Sendable, CaseIterable {
    /// Named hosts, through orch's own proxy.
    case filtered
    /// Nothing.
    case none
    /// Everything that this machine reaches.
    case open
  }

  /// Which kind; one that cannot be had stops the task.
  public var kind = Kind.none
  /// The container's image; nil is that of `devcontainer.json`.
  public var image: String?
  /// Who runs containers.
  public var engine = Engine.any
  /// What a worker can reach.
  public var network = Network.filtered
  /// Hosts that the worker may reach besides those that its agent needs.
  public var allowedHosts: [String] = []
  /// What a worker may read besides the system's folders and its worktree.
  public var readable: [String] = []
  /// What it may write besides its worktree.
  public var writable: [String] = []
  /// The most memory of one worker, in megabytes; 0 is no limit.
  public var memoryMegabytes = 0
  /// The most processes of one worker; 0 is no limit.
  public var processes = 0

  /// The folder of cgroup v2 in which workers get groups of their own; nil is orch's own, if it was delegated.
  public var controlGroup: String?

  /// Every default.
  public init() {}
}

extension SandboxSettings.Kind: SettingsChoice {}
extension SandboxSettings.Engine: SettingsChoice {}
extension SandboxSettings.Network: SettingsChoice {}

extension SandboxSettings: SettingsSection {
  /// What a bare value in its place sets.
  static let shorthand: String? = "type"

  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "type", \.kind,
      "What workers run in; a bare word sets it. One that was asked for and cannot be had stops "
        + "the task: it is never left off."),
    Field(
      "image", \.image, standard: "that of `devcontainer.json`",
      "The image for `container`; with one, the base's `devcontainer.json` is not used."),
    Field(
      "engine", \.engine,
      "Who runs containers: the first of podman and docker whose engine answers, or the one named."),
    Field(
      "allowed_hosts", \.allowedHosts,
      "Hosts that a sandboxed worker may reach besides those that its agent needs: `name`, "
        + "`*.name` for all below it, `name:port` for a port that is not 80 or 443."),
    Field(
      "network", \.network,
      "What a sandboxed worker can reach: the allowed hosts through orch's proxy, nothing, or "
        + "everything."),
    Field(
      "read", \.readable,
      "Files and folders that a sandboxed worker may read besides the system's, such as a "
        + "toolchain; a leading `~` is the user's home."),
    Field(
      "write", \.writable,
      "Files and folders that it may write besides its worktree, such as a build cache."),
    Field(
      "memory_mb", \.memoryMegabytes, unit: "megabytes",
      "The most memory of one worker; 0 is no limit."),
    Field(
      "processes", \.processes, unit: "processes",
      "The most processes of one worker; 0 is no limit."),
    Field(
      "cgroup", \.controlGroup, standard: "orch's own, where it was delegated",
      "The folder of cgroup v2 in which each worker gets a group of its own: the kernel keeps its limits, and "
        + "nothing that it starts outlives it."),
  ]
}
