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

  /// Reads a ticket; what is missing is unknown.
  init(json: JSONValue) {
    process = json["pid"]?.int ?? 0
    command = json["command"]?.string ?? "?"
    task = json["task"]?.string
    waitingSince = json["waiting_since"]?.int ?? 0
    heldSince = json["held_since"]?.int
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
