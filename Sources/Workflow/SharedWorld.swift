/// What is known of the other machines, where several work on one history.
public struct SharedWorld: Sendable, Hashable {
  /// Another machine that has a task.
  public struct Holder: Sendable, Hashable {
    /// Its name in the state.
    public var host: String
    /// When its task may be taken over if nothing is heard of it until then, in milliseconds since 1970;
    /// nil if that is not known.
    public var until: Int?

    /// Both parts.
    public init(host: String, until: Int? = nil) {
      self.host = host
      self.until = until
    }
  }

  /// The tasks that other machines have, by name.
  public var elsewhere: [String: Holder] = [:]
  /// The tasks that this machine has.
  public var mine: Set<String> = []
  /// Tasks whose attempt another machine began and can no longer end.
  public var abandoned: Set<String> = []
  /// True if other machines are known that may do what this one cannot.
  public var hasOthers = true
  /// True if this machine may claim tasks now.
  public var isReachable = true

  /// A world without other machines.
  public init() {}
}

extension World {
  /// Why a task is not this machine's to go on with; nil if nothing is in the way.
  func claimObstacle(_ task: TaskView) -> WaitReason? {
    guard let shared else { return nil }
    if let host = task.pinnedHost, host != self.host, !task.status.isTerminal {
      return .pinned(host: host)
    }
    if shared.mine.contains(task.id) { return nil }
    if let holder = shared.elsewhere[task.id] {
      return .elsewhere(host: holder.host, until: holder.until)
    }
    return shared.isReachable ? nil : .arbiter
  }
}
