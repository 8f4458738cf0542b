/// A job to be added by a command: it makes tasks.
public struct NewJob: Sendable, Hashable {
  /// When it fires, as it was checked by whoever adds it.
  public var schedule: String
  /// The title of its tasks.
  public var title: String
  /// What they ask for.
  public var body = ""
  /// Their labels.
  public var labels: [String] = []
  /// Their agent.
  public var agent: String?
  /// The zone of its clock; nil is each machine's own.
  public var timeZone: String?
  /// The largest delay, in seconds.
  public var jitterSeconds = 0
  /// How many missed times are made up for.
  public var catchUp = 1

  /// A job with nothing but what it needs.
  public init(schedule: String, title: String) {
    self.schedule = schedule
    self.title = title
  }
}
