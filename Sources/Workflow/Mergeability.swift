/// Whether a pair can be merged without a decision.
public enum Mergeability: Sendable, Hashable {
  /// Nobody has computed it yet.
  case unknown
  /// It can, and the base asks for a review that is not there yet.
  case unreviewed
  /// It can, and another rule of the base is not met yet.
  case blocked
  /// It can.
  case clean
  /// It cannot: the files in conflict.
  case conflicting(files: [String])
}
