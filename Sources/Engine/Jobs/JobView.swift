internal import GitState
internal import JSON
public import Schedules
internal import Workflow

/// A job: what the configuration or the state says of it, and when it fired.
public struct JobView: Sendable, Hashable {
  /// The name of its record, of twelve digits.
  public let id: String
  /// Its name in the configuration, or the title of its tasks.
  public var name: String
  /// Its schedule as it was written.
  public var schedule: String
  /// The time zone that it was given; nil is that of the machine.
  public var zoneName: String?
  /// When it fires; nil if its schedule or time zone means nothing to this machine.
  public var timetable: Timetable?
  /// Why there is no timetable, for a person.
  public var problem: String?
  /// What it does.
  public var work: JobWork
  /// Whether it fires.
  public var isEnabled: Bool
  /// True if the configuration has it, false if it was added by a command.
  public var isConfigured: Bool
  /// From when on it counts, in seconds since 1970; nil if no machine has seen it yet.
  public var since: Int?
  /// The last scheduled time that was carried out, in seconds since 1970.
  public var fired: Int?
  /// How its command last ended.
  public var lastRun: JobRun?
  /// Who added it.
  public var author = ""

  /// The last scheduled time that is over: what comes after it is still to be done.
  public var handled: Int? { since.map { max($0, fired ?? 0) } }

  /// A job of the configuration with what the state knows of it.
  init(_ option: JobOption, id: RecordID, record: Record?) {
    self.id = id.text
    name = option.name
    schedule = option.schedule.text
    zoneName = option.zoneName
    timetable = Timetable(
      option.schedule, zone: option.zone, name: id.text, jitterSeconds: option.jitterSeconds,
      catchUp: option.catchUp)
    work = option.work
    isEnabled = option.isEnabled
    isConfigured = true
    author = "configuration"
    take(record)
    since = record?.fields[Self.sinceField(option)]?.int
  }

  /// A job that was added by a command; nil for one that was removed or that the configuration has.
  init?(_ record: Record, zone local: ZoneRules) {
    let fields = record.fields
    guard fields["removed"]?.bool != true, fields["configured"]?.bool != true,
      let text = fields["schedule"]?.string, let title = fields["title"]?.string
    else { return nil }
    id = record.key.id.text
    name = title
    schedule = text
    work = .task(
      title: title, body: fields["body"]?.string ?? "", labels: record.members(of: "labels"),
      agent: fields["agent"]?.string)
    isEnabled = fields["enabled"]?.bool ?? true
    isConfigured = false
    author = fields["author"]?.string ?? ""
    take(record)
    zoneName = fields["time_zone"]?.string
    guard let zone = zoneName.map(ZoneDatabase.zone(named:)) ?? local else {
      problem = "this machine knows no time zone '\(zoneName ?? "")'"
      return
    }
    do throws(ScheduleError) {
      timetable = Timetable(
        try CronSchedule(text), zone: zone, name: id,
        jitterSeconds: fields["jitter"]?.int ?? 0, catchUp: min(fields["catch_up"]?.int ?? 1, 100))
    } catch {
      problem = error.description
    }
  }

  private mutating func take(_ record: Record?) {
    guard let fields = record?.fields else { return }
    since = fields["since"]?.int
    fired = fields["fired"]?.int
    lastRun = fields["run"].flatMap(JobRun.init(json:))
  }

  /// The field that says from when on a job of the configuration counts.
  ///
  /// Each schedule has its own, so that machines whose configurations differ for a while do not begin to
  /// count anew because of each other.
  static func sinceField(_ option: JobOption) -> String {
    "since \(option.schedule.text) \(option.zoneName ?? "")"
  }
}

/// How a job's command ended.
public struct JobRun: Sendable, Hashable {
  /// The longest part of the output that is kept, in characters.
  static let maximumOutputLength = 2000

  /// The scheduled time, in seconds since 1970.
  public let scheduled: Int
  /// The machine that ran it.
  public let host: String
  /// Its exit code; nil if a signal or the time limit ended it.
  public let exitCode: Int?
  /// How long it took, in milliseconds.
  public let milliseconds: Int
  /// The end of what it printed.
  public let output: String

  init(scheduled: Int, host: String, exitCode: Int?, milliseconds: Int, output: String) {
    self.scheduled = scheduled
    self.host = host
    self.exitCode = exitCode
    self.milliseconds = milliseconds
    self.output = String(output.suffix(Self.maximumOutputLength))
  }

  init?(json: JSONValue) {
    guard let scheduled = json["scheduled"]?.int, let host = json["host"]?.string else {
      return nil
    }
    self.init(
      scheduled: scheduled, host: host, exitCode: json["exit_code"]?.int,
      milliseconds: json["milliseconds"]?.int ?? 0, output: json["output"]?.string ?? "")
  }

  var json: JSONValue {
    JSONValue.compact([
      "scheduled": .number(scheduled), "host": .string(host),
      "exit_code": exitCode.map(JSONValue.number), "milliseconds": .number(milliseconds),
      "output": output.isEmpty ? nil : .string(output),
    ])
  }

  /// The end in words.
  public var words: String {
    exitCode.map { $0 == 0 ? "done" : "failed with exit code \($0)" } ?? "was stopped"
  }
}
