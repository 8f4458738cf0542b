/// What a reviewer said of a head.
public struct Review: Sendable, Hashable {
  /// What it asks for.
  public enum Verdict: String, Sendable, Hashable, CaseIterable {
    /// It may be merged.
    case approved
    /// Something is to be changed first.
    case changesRequested = "changes_requested"
    /// It must not be merged.
    case rejected
    /// Remarks that want an answer and hold nothing up.
    case commented
  }

  /// The name that reviews of reviewing agents are recorded under.
  public static let agent = "orch-review"

  /// Its name at the forge.
  public var id: String
  /// Who wrote it.
  public var reviewer: String
  /// What it asks for.
  public var verdict: Verdict
  /// The branch's head that it speaks of.
  public var head: String

  /// All parts.
  public init(id: String, reviewer: String, verdict: Verdict, head: String) {
    self.id = id
    self.reviewer = reviewer
    self.verdict = verdict
    self.head = head
  }

  /// True if a person approves a head in it: an agent's approval only ends the agent's own objection.
  func isPersonsApproval(of head: String) -> Bool {
    verdict == .approved && self.head == head && reviewer != Self.agent
  }

  /// True if nothing is merged while it stands.
  public var isObjection: Bool {
    switch verdict {
    case .changesRequested, .rejected: true
    case .approved, .commented: false
    }
  }
}
