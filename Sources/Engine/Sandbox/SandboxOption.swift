public import Agents

/// The walls around workers, as configured.
public struct SandboxOption: Sendable, Hashable {
  /// The kinds of walls.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// None: a worker runs as the user.
    case none
    /// bubblewrap, on Linux.
    case bubblewrap
    /// docker or podman.
    case container
  }

  /// Which kind.
  public var kind = Kind.none
  /// The container's image; nil is that of the base's `devcontainer.json`.
  public var image: String?
  /// The engines that are looked for, in order.
  public var engines = ContainerEngine.names
  /// What a worker can reach.
  public var network = SandboxNetwork.filtered
  /// Hosts besides those that an agent needs.
  public var hosts: [String] = []
  /// Files and folders that a worker may read besides the system's, as absolute paths.
  public var readable: [String] = []
  /// Files and folders that a worker may write besides its worktree, as absolute paths.
  public var writable: [String] = []

  /// No walls.
  public init() {}
}
