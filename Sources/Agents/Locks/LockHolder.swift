public import JSON

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Who has a place in a lock's queue.
public struct LockHolder: Sendable, Hashable {
  /// The longest command that is kept, in characters.
  static let maximumCommandLength = 200

  /// The process.
  public var process: Int
  /// What it wants to run.
  public var command: String
  /// The task that it works for.
  public var task: String?
  /// When it came, in milliseconds since 1970.
  public var waitingSince: Int
  /// When its turn came.
  public var heldSince: Int?

  /// This process, from now on.
  public init(command: String, task: String? = nil) {
    process = Int(getpid())
    self.command = String(command.prefix(Self.maximumCommandLength))
    self.task = task
    waitingSince = wallMilliseconds()
  }

  /// The latest time that a ticket is believed to name, in milliseconds since 1970: that of the year 9999.
  static let latestTime = 253_402_300_799_999
  /// The longest name of a task that is kept, in characters.
  static let maximumTaskLength = 64

  /// Reads a ticket, which any worker may have written; what is missing or cannot be meant is unknown.
  init(json: JSONValue) {
    func time(_ name: String) -> Int? {
      json[name]?.int.flatMap { (0...Self.latestTime).contains($0) ? $0 : nil }
    }
    process = json["pid"]?.int.flatMap { (1...Int(Int32.max)).contains($0) ? $0 : nil } ?? 0
    command = String((json["command"]?.string ?? "?").prefix(Self.maximumCommandLength))
    task = json["task"]?.string.map { String($0.prefix(Self.maximumTaskLength)) }
    waitingSince = time("waiting_since") ?? 0
    heldSince = time("held_since")
  }

  /// The form in a ticket.
  public var json: JSONValue {
    JSONValue.compact([
      "pid": .number(process), "command": .string(command), "task": task.map(JSONValue.string),
      "waiting_since": .number(waitingSince), "held_since": heldSince.map(JSONValue.number),
    ])
  }
}

/// A place in a lock's queue, as others see it.
public struct LockPlace: Sendable, Hashable {
  /// Who has it.
  public let holder: LockHolder
  /// True if it holds the lock, false if it waits.
  public let isHeld: Bool
}
