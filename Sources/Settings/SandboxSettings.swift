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

  /// Which kind; one that cannot be had stops the task.
  public var kind = Kind.none
  /// The container's image; nil is that of `devcontainer.json`.
  public var image: String?
  /// Hosts that the worker may reach; empty allows what its agent needs.
  public var allowedHosts: [String] = []
  /// The most memory of one worker, in megabytes; 0 is no limit.
  public var memoryMegabytes = 0
  /// The most processes of one worker; 0 is no limit.
  public var processes = 0

  /// Every default.
  public init() {}
}

extension SandboxSettings.Kind: SettingsChoice {}

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
      "image", \.image, standard: "that of `devcontainer.json`", "The image for `container`."),
    Field(
      "allowed_hosts", \.allowedHosts,
      "Hosts that a sandboxed worker may reach besides those that its agent needs."),
    Field(
      "memory_mb", \.memoryMegabytes, unit: "megabytes",
      "The most memory of one worker; 0 is no limit."),
    Field(
      "processes", \.processes, unit: "processes",
      "The most processes of one worker; 0 is no limit."),
  ]
}
