public import JSON

/// What one worker, with all that it starts, may use of the machine.
public struct ResourceLimits: Sendable, Hashable {
  /// The most memory, in bytes; nil is no limit.
  public var memoryBytes: Int?
  /// The most processes; nil is no limit.
  public var processes: Int?
  /// The most that `folders` may hold, in bytes; nil is no limit.
  public var diskBytes: Int?
  /// The worktree, and what else it writes to.
  public var folders: [String] = []

  /// No limit.
  public init() {}

  /// The most threads, for a kernel that counts those and no processes; nil is no limit.
  ///
  /// Enough for programs with many threads each: it stops what begins without end, `ResourceWatch` the rest.
  var threads: Int? { processes.map { $0 * 16 + 128 } }

  /// True if nothing is limited.
  var isEmpty: Bool { memoryBytes == nil && processes == nil && diskBytes == nil }

  /// The form in `launch.json`.
  public var json: JSONValue {
    JSONValue.compact([
      "memory": memoryBytes.map(JSONValue.number), "processes": processes.map(JSONValue.number),
      "disk": diskBytes.map(JSONValue.number), "folders": .texts(folders),
    ])
  }

  /// Reads the form in `launch.json`.
  public init(json: JSONValue) {
    memoryBytes = json["memory"]?.int
    processes = json["processes"]?.int
    diskBytes = json["disk"]?.int
    folders = json["folders"]?.strings ?? []
  }
}
