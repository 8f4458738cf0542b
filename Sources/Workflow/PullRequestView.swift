/// A task's pull request.
public struct PullRequestView: Sendable, Hashable {
  /// Its name at the forge.
  public var id: String
  /// Its web page.
  public var url: String?
  /// Where it stands.
  public var status = PullRequestStatus.open
  /// The branch's head as last pushed.
  public var head: String
  /// The base's head that it was last brought onto.
  public var baseHead: String
  /// The pair that checks last ran on.
  public var checkedHead: String?
  /// The other half of the pair.
  public var checkedBase: String?
  /// How those checks ended.
  public var checksPassed: Bool?
  /// The check that failed.
  public var failingCheck: String?
  /// The end of its output.
  public var failureLog: String?
  /// Files in conflict with the base.
  public var conflictFiles: [String] = []
  /// True if a person or reviewer approved it.
  public var isApproved = false
  /// The commit that merged it.
  public var mergedAs: String?
  /// How often a worker was asked to settle conflicts.
  public var rebaseTries = 0
  /// How often a worker was asked to repair checks.
  public var repairTries = 0

  /// A pull request that was just opened.
  public init(id: String, head: String, baseHead: String) {
    self.id = id
    self.head = head
    self.baseHead = baseHead
  }
}
