internal import Git2
internal import JSON

/// A host's sign of life, as the reference `refs/orch/hosts/<host>` says: one for all its claims.
///
/// Written by its host alone, with one exception: whoever has seen it stand still for long enough ends
/// it, by compare-and-swap, before taking the host's tasks.
public struct Heartbeat: Sendable, Hashable {
  /// The host.
  public let host: String
  /// Which life of this reference it is; rises by one when a process begins, and after an end.
  public let incarnation: Int
  /// Random, made by each process: tells two machines with a copied name apart.
  public let boot: String
  /// Its number in this process, so that no two are the same commit.
  public let number: Int
  /// The lifetime that the host works by, in milliseconds.
  public let lifetime: Int
  /// The host that ended it; nil while it is alive.
  public let endedBy: String?

  /// True if this incarnation and all before it are over.
  public var isEnded: Bool { endedBy != nil }

  /// All parts.
  public init(
    host: String, incarnation: Int, boot: String, number: Int, lifetime: Int,
    endedBy: String? = nil
  ) {
    self.host = host
    self.incarnation = incarnation
    self.boot = boot
    self.number = number
    self.lifetime = lifetime
    self.endedBy = endedBy
  }

  /// Reads a commit's bytes; nil if they are not a heartbeat that this version understands.
  public init?(commit: [UInt8]) {
    guard let json = ClaimContent.members(of: commit),
      let host = json["host"]?.string, ClaimContent.isHostName(host),
      let incarnation = json["incarnation"]?.int,
      (1...Claim.maximumNumber).contains(incarnation),
      let boot = json["boot"]?.string, boot.utf8.count <= 64, let number = json["beat"]?.int,
      let lifetime = json["lifetime"]?.int
    else { return nil }
    self.init(
      host: host, incarnation: incarnation, boot: boot, number: number,
      lifetime: ClaimTiming(lifetime: lifetime).lifetime, endedBy: json["ended_by"]?.string)
  }

  /// The bytes of its commit, which has no parent; `seconds` since 1970 is for people.
  public func commit(seconds: Int64) -> [UInt8] {
    let subject = endedBy.map { "\(host) was silent, ended by \($0)" } ?? "\(host) is alive"
    return ClaimContent.commit(
      subject: subject,
      [
        "host": .string(host), "incarnation": .number(incarnation), "boot": .string(boot),
        "beat": .number(number), "lifetime": .number(lifetime), "ended_by": .optional(endedBy),
      ], parents: [], seconds: seconds)
  }
}
