internal import Engine
internal import JSON
internal import Schedules

/// Jobs as people and scripts read them.
enum JobText {
  /// One line of the list.
  static func row(_ job: JobView, now: Int) -> [String] {
    [
      job.isConfigured ? job.name : String(job.id.prefix(6)),
      job.schedule + (job.zoneName.map { " " + $0 } ?? ""), standing(job, now: now),
      job.isConfigured ? work(job) : job.name,
    ]
  }

  /// What stands in `orch job show`.
  static func facts(_ job: JobView, now: Int) -> [(String, String)] {
    var facts = [("schedule", job.schedule), ("does", work(job)), ("from", job.author)]
    if let zone = job.zoneName { facts.insert(("time zone", zone), at: 1) }
    facts.append(("stands", standing(job, now: now)))
    if let fired = job.fired { facts.append(("last", Timestamp.text(fired * 1000))) }
    if let run = job.lastRun {
      facts.append(
        ("command", "\(run.words) on \(run.host), \(Timestamp.duration(run.milliseconds))"))
    }
    return facts
  }

  /// The object of `orch job list --json`.
  static func json(_ job: JobView, now: Int) -> JSONValue {
    JSONValue.compact([
      "id": .string(job.id), "name": .string(job.name), "schedule": .string(job.schedule),
      "time_zone": job.zoneName.map(JSONValue.string), "enabled": .bool(job.isEnabled),
      "configured": .bool(job.isConfigured),
      "command": command(job).map(JSONValue.string), "problem": job.problem.map(JSONValue.string),
      "last": job.fired.map { .string(Timestamp.text($0 * 1000)) },
      "next": next(job, now: now).map { .string(Timestamp.text($0 * 1000)) },
      "run": job.lastRun.map { run in
        JSONValue.compact([
          "at": .string(Timestamp.text(run.scheduled * 1000)), "host": .string(run.host),
          "exit_code": run.exitCode.map(JSONValue.number),
          "milliseconds": .number(run.milliseconds), "output": .string(run.output),
        ])
      },
    ])
  }

  private static func standing(_ job: JobView, now: Int) -> String {
    if let problem = job.problem { return problem }
    guard job.isEnabled else { return "disabled" }
    return next(job, now: now).map { "next \(Timestamp.text($0 * 1000))" } ?? "never again"
  }

  private static func next(_ job: JobView, now: Int) -> Int? {
    guard job.isEnabled, let timetable = job.timetable else { return nil }
    return timetable.next(after: job.handled ?? now / 1000, now: now / 1000)
  }

  private static func work(_ job: JobView) -> String {
    switch job.work {
    case .task(let title, _, _, _): "makes '\(title)'"
    case .command(let line, _): "runs '\(line)'"
    }
  }

  private static func command(_ job: JobView) -> String? {
    guard case .command(let line, _) = job.work else { return nil }
    return line
  }
}
