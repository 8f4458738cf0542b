public import Schedules

/// What a job does when it fires.
public enum JobWork: Sendable, Hashable {
  /// It makes a task.
  case task(title: String, body: String, labels: [String], agent: String?)
  /// It runs what `/bin/sh -c` understands, in the repository's folder, for at most so many seconds.
  ///
  /// Only the local configuration can say this: nothing in the state is ever executed.
  case command(String, timeoutSeconds: Int)
}

/// A job of the configuration.
public struct JobOption: Sendable, Hashable {
  /// Its name: the key in the configuration.
  public var name: String
  /// When it fires.
  public var schedule: CronSchedule
  /// The zone of its clock.
  public var zone: ZoneRules
  /// The zone's name; nil is the machine's own.
  public var zoneName: String?
  /// The largest delay, in seconds.
  public var jitterSeconds: Int
  /// How many missed times are made up for.
  public var catchUp: Int
  /// What it does.
  public var work: JobWork
  /// Whether it fires.
  public var isEnabled: Bool

  /// All parts.
  public init(
    name: String, schedule: CronSchedule, zone: ZoneRules, zoneName: String? = nil,
    jitterSeconds: Int = 0, catchUp: Int = 1, work: JobWork, isEnabled: Bool = true
  ) {
    self.name = name
    self.schedule = schedule
    self.zone = zone
    self.zoneName = zoneName
    self.jitterSeconds = jitterSeconds
    self.catchUp = catchUp
    self.work = work
    self.isEnabled = isEnabled
  }
}
