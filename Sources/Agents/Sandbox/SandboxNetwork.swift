/// What a sandboxed worker can reach.
public enum SandboxNetwork: String, Sendable, Hashable, CaseIterable {
  /// Named hosts, through orch's own proxy.
  case filtered
  /// Nothing.
  case none
  /// Everything that this machine reaches.
  case open
}
