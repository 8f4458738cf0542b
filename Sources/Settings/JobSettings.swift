/// A schedule that makes tasks or runs a command.
public struct JobSettings: Sendable, Equatable {
  /// Missed times that are made up for after a pause.
  public static let defaultCatchUp = 1
  /// The time of a job's command, in seconds.
  public static let defaultTimeoutSeconds = 3600

  /// Five fields of cron, or `@daily` and friends.
  public var schedule = ""
  /// The title of the task that it makes.
  public var title: String?
  /// What the task asks for.
  public var body: String?
  /// Labels of the task.
  public var labels: [String] = []
  /// The agent of the task.
  public var agent: String?
  /// A command that is run instead of making a task.
  public var command: [String] = []
  /// The time zone of the schedule, as in the tz database; nil is the machine's.
  public var timeZone: String?
  /// The largest random delay, in seconds.
  public var jitterSeconds = 0
  /// How many missed times are made up for.
  public var catchUp = defaultCatchUp
  /// How long its command may run, in seconds.
  public var timeoutSeconds = defaultTimeoutSeconds
  /// Whether it fires.
  public var isEnabled = true

  /// A job without a schedule.
  public init() {}
}

extension JobSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field(
      "schedule", \.schedule, standard: "required", isRequired: true,
      "Five fields of cron, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`."),
    Field("title", \.title, "The title of the task that it makes."),
    Field("body", \.body, "What that task asks for."),
    Field("labels", \.labels, "Labels of that task."),
    Field("agent", \.agent, standard: "routed", "The agent of that task."),
    Field("command", \.command, .command, "A command that is run instead of making a task."),
    Field(
      "time_zone", \.timeZone, standard: "the machine's",
      "The schedule's time zone: `Europe/Berlin`."),
    .seconds("jitter_seconds", \.jitterSeconds, from: 0, "The largest random delay."),
    Field(
      "catch_up", \.catchUp, .integer(0...100), unit: "times",
      "How many missed times are made up for after a pause."),
    .seconds("timeout_seconds", \.timeoutSeconds, "How long its command may run."),
    Field("enabled", \.isEnabled, "Whether it fires."),
  ]
}
