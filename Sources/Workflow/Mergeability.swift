/// Whether a pair can be merged without a decision.
public enum Mergeability: Sendable, Hashable {
  /// Nobody has computed it yet.
  case unknown
  /// It can, and a rule of the base is not met yet.
  case blocked
  /// It can.
  case clean
  /// It cannot: the files in conflict.
  case conflicting(files: [String])
}
