/// What a person is asked, and why.
public struct Question: Sendable, Hashable {
  /// Why it came to that.
  public enum Cause: String, Sendable, Hashable, CaseIterable {
    /// Workers could not settle a conflict with the base.
    case conflict
    /// A check fails on the base in the same way, and no worker has changed that.
    case baseFails = "base_fails"
    /// Workers could not make it acceptable.
    case repair
    /// A reviewer rejected it.
    case rejection
    /// A check passes and fails on the same commit.
    case flaky
    /// A check does not end, or never begins.
    case checksNeverEnded = "checks_never_ended"
    /// A rule of the base is not met, and nothing says which.
    case heldBack = "held_back"
    /// The forge refuses to merge.
    case mergeRefused = "merge_refused"
    /// The reviewing agent finds something each time, or says nothing.
    case reviewer
    /// The base branch is gone.
    case baseGone = "base_gone"
    /// The branch is gone.
    case branchGone = "branch_gone"
    /// Somebody took every commit off the branch.
    case branchEmptied = "branch_emptied"
    /// A worker asks: a design conflict, or help.
    case worker
  }

  /// Why it came to that.
  public var cause: Cause
  /// The question itself, for a person.
  public var text: String
  /// True once it has arrived; until then it is asked again.
  public var isDelivered = false

  /// A question that is to be asked.
  public init(_ cause: Cause, _ text: String) {
    self.cause = cause
    self.text = text
  }
}
