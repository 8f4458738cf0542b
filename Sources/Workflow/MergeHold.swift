/// Something that keeps a green pull request from being merged and that a person can change.
public enum MergeHold: Sendable, Hashable {
  /// Merging is left to a person.
  case policy
  /// It is a draft.
  case draft
  /// A label is missing.
  case label(String)
  /// The base asks for a review.
  case review
  /// Another rule of the base is not met.
  case rule
  /// Nothing is merged at this time of day.
  case quietHours
  /// It has more reviews, threads or checks than are read.
  case unread
  /// The forge has not said yet whether it can be merged.
  case unknownMergeability

  /// The reason for a person.
  public var sentence: String {
    switch self {
    case .policy: "ready; 'forge.merge: never' leaves the merge to a person"
    case .draft: "ready; it is a draft"
    case .label(let name): "ready; the label '\(name)' is missing"
    case .review: "ready; the base asks for a review that is not there yet"
    case .rule: "ready; a rule of the base is not met yet"
    case .quietHours: "ready; nothing is merged at this hour"
    case .unread:
      "ready; it has more reviews, threads or checks than orch reads, so a person merges it"
    case .unknownMergeability: "ready; the forge has not said whether it can be merged"
    }
  }
}
