public import Git2
internal import JSON

/// Who works on a task, as the reference `refs/orch/claims/<task>` says.
public struct Claim: Sendable, Hashable {
  /// How far the work is.
  public enum Phase: String, Sendable, Hashable {
    /// The host works on it.
    case held
    /// The work ended; the state knows how.
    case closed
    /// The claim was won and given up without any work.
    case released
  }

  /// The highest token and incarnation that are believed: JSON numbers are exact up to 2^53.
  public static let maximumNumber = 1 << 53

  /// The task.
  public let task: RecordID
  /// One more than any token before it; what has a lower one than the highest is stale.
  public let token: Int
  /// The host that holds it.
  public let host: String
  /// Which life of the host's heartbeat it belongs to.
  public let incarnation: Int
  /// Random: two claims are never the same commit.
  public let nonce: String
  /// The lifetime that the host works by, in milliseconds.
  public let lifetime: Int
  /// The highest token that the state knew when the claim was made.
  public let stateToken: Int
  /// How far the work is.
  public let phase: Phase
  /// True for a claim that no arbiter knows of: two hosts may have the same one.
  public let isUnfenced: Bool

  /// All parts.
  public init(
    task: RecordID, token: Int, host: String, incarnation: Int, nonce: String, lifetime: Int,
    stateToken: Int = 0, phase: Phase = .held, isUnfenced: Bool = false
  ) {
    self.task = task
    self.token = token
    self.host = host
    self.incarnation = incarnation
    self.nonce = nonce
    self.lifetime = lifetime
    self.stateToken = stateToken
    self.phase = phase
    self.isUnfenced = isUnfenced
  }

  /// True while a host has it.
  public var isHeld: Bool { phase == .held }

  /// The token that a state must know before anyone follows this claim: without it, that state does not
  /// know how the work ended, or that it was asked for.
  public var requiredToken: Int { phase == .closed ? token : stateToken }

  /// Reads a commit's bytes; nil if they are not a claim that this version understands.
  public init?(commit: [UInt8]) {
    guard let json = ClaimContent.members(of: commit),
      let task = json["task"]?.string.flatMap({ RecordID($0) }),
      let token = json["token"]?.int, (1...Self.maximumNumber).contains(token),
      let host = json["host"]?.string, ClaimContent.isHostName(host),
      let incarnation = json["incarnation"]?.int, (1...Self.maximumNumber).contains(incarnation),
      let nonce = json["nonce"]?.string, nonce.utf8.count <= 64,
      let lifetime = json["lifetime"]?.int, let stateToken = json["state_token"]?.int,
      let phase = json["phase"]?.string.flatMap({ Phase(rawValue: $0) })
    else { return nil }
    self.init(
      task: task, token: token, host: host, incarnation: incarnation, nonce: nonce,
      lifetime: ClaimTiming(lifetime: lifetime).lifetime, stateToken: stateToken, phase: phase,
      isUnfenced: json["unfenced"]?.bool ?? false)
  }

  /// The bytes of its commit, a child of the claim before it; `seconds` since 1970 is for people.
  public func commit(after parent: ObjectID?, seconds: Int64) -> [UInt8] {
    let verb =
      switch phase {
      case .held: "claimed by"
      case .closed: "closed by"
      case .released: "released by"
      }
    return ClaimContent.commit(
      subject: "\(task.short) \(verb) \(host) (token \(token))",
      [
        "task": .string(task.text), "token": .number(token), "host": .string(host),
        "incarnation": .number(incarnation), "nonce": .string(nonce),
        "lifetime": .number(lifetime), "state_token": .number(stateToken),
        "phase": .string(phase.rawValue),
        "unfenced": isUnfenced ? true : nil,
      ], parents: parent.map { [$0] } ?? [], seconds: seconds)
  }
}
