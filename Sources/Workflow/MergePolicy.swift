/// When a pull request may be merged by orch.
public enum MergePolicy: String, Sendable, Hashable, CaseIterable {
  /// Never.
  case never
  /// When every check passed and a person approved; a reviewing agent is no person.
  case whenApproved = "when-approved"
  /// When every check passed.
  case whenGreen = "when-green"
}
