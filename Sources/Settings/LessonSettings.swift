/// What is learned from failures.
public struct LessonSettings: Sendable, Equatable {
  /// The most bytes of lessons in one prompt.
  public static let defaultMaxBytes = 4096
  /// The part of tasks that go without a lesson, so that its effect can be told, in percent.
  public static let defaultHoldOutPercent = 20

  /// The most bytes of lessons in one prompt.
  public var maxBytes = defaultMaxBytes
  /// Whether failures start a retrospective worker.
  public var retrospectives = true
  /// The part of tasks that go without a lesson, in percent.
  public var holdOutPercent = defaultHoldOutPercent

  /// Every default.
  public init() {}
}

extension LessonSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("max_bytes", \.maxBytes, unit: "bytes", "The most that lessons take of one prompt."),
    Field(
      "retrospectives", \.retrospectives,
      "Whether a task that failed or took several attempts starts a worker that finds out why."),
    Field(
      "hold_out_percent", \.holdOutPercent, .integer(0...100), unit: "percent",
      "Tasks that go without a lesson that would apply, so that its effect can be measured."),
  ]
}
