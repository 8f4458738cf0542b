/// The longest time of one attempt, by the complexity of its task.
public struct AttemptTimeouts: Sendable, Equatable {
  /// One hour, in seconds.
  public static let defaultSeconds = 3600

  /// For tasks without a complexity, and for those whose own is not set, in seconds.
  public var standard = defaultSeconds
  /// For `complexity:simple`, in seconds.
  public var simple: Int?
  /// For `complexity:medium`, in seconds.
  public var medium: Int?
  /// For `complexity:complex`, in seconds.
  public var complex: Int?

  /// Every default.
  public init() {}

  /// The time for a complexity (`simple`, `medium`, `complex`, or nil), in seconds.
  public func seconds(complexity: String?) -> Int {
    switch complexity {
    case "simple": simple ?? standard
    case "medium": medium ?? standard
    case "complex": complex ?? standard
    default: standard
    }
  }
}

extension AttemptTimeouts: SettingsSection {
  /// What a bare value in its place sets.
  static let shorthand: String? = "default"

  /// The table of its keys.
  static let fields: [Field<Self>] = [
    .seconds("default", \.standard, "The time where no complexity decides; a bare number sets it."),
    tier("simple", \.simple),
    tier("medium", \.medium),
    tier("complex", \.complex),
  ]

  private static func tier(
    _ name: String, _ place: any WritableKeyPath<Self, Int?> & Sendable
  ) -> Field<Self> {
    Field(
      name, place, .integer(1...Limits.seconds), unit: "seconds", standard: "the default",
      "The time for tasks labelled `complexity:\(name)`.")
  }
}
