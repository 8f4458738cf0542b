internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import GitCLI
internal import GitState
internal import JSON
internal import Settings
internal import Workflow

extension LessonStore {
  /// The lessons as a session's configuration judges them.
  init(_ tasks: TaskStore, _ session: Session) {
    self.init(tasks.state, trusting: Set(session.settings.sync.trustedHosts))
  }
}

/// The command `orch lesson list`.
struct LessonListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the lessons in force, and those that wait for approval.")

  @Flag(help: "Retired ones too.") var all = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tasks = try await session.openTasks()
    let every = try await LessonStore(tasks, session).all()
    let lessons = every.filter { all || $0.retiredBecause == nil }
    let effects = LessonEffect.measure(try await tasks.all().values, of: every)
    if global.json {
      return Output.print(.array(lessons.map { LessonText.json($0, effects[$0.id]) }))
    }
    guard !lessons.isEmpty else { return Output.say("no lessons yet: orch lesson add \"…\"") }
    Output.print(TextTable.lines(lessons.map { LessonText.row($0, effects[$0.id]) }))
  }
}

/// The command `orch lesson show`.
struct LessonShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a lesson, the cases behind it, and what it does.")

  /// The most commits of a lesson that are listed.
  static let maximumCommits = 20

  @Argument(help: "The lesson's name or its beginning.") var id: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tasks = try await session.openTasks()
    let store = LessonStore(tasks, session)
    let lesson = try await store.find(id)
    let views = try await tasks.all()
    let told = views.values.filter { task in
      task.attempts.contains { $0.lessons.contains(lesson.id) }
    }.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    let effect = LessonEffect.measure(views.values, of: try await store.all())[lesson.id]
    let commits = try await commits(of: lesson, session)
    if global.json {
      var json = LessonText.json(lesson, effect).object ?? [:]
      json["told"] = .texts(told.map(\.id))
      json["evidence"] = .array(lesson.evidence.map { LessonText.json($0, views) })
      json["commits"] = .texts(commits.map { String($0.prefix { $0 != " " }) })
      return Output.print(.object(json))
    }
    Output.print("\(lesson.id)  \(lesson.instruction)\n")
    Output.print(TextTable.lines(facts(lesson, effect).map { ["  " + $0[0], $0[1]] }))
    section("evidence", lesson.evidence.flatMap { LessonText.lines($0, views) })
    section("history", commits)
    if !told.isEmpty { Output.print("\ntold to\n" + TextTable.lines(told.map(TaskText.row))) }
  }

  private func section(_ name: String, _ lines: [String]) {
    if !lines.isEmpty { Output.print("\n\(name)\n" + lines.joined(separator: "\n")) }
  }

  private func facts(_ lesson: Lesson, _ effect: LessonEffect?) -> [[String]] {
    var facts = [["scope", lesson.scope.text], ["by", lesson.author]]
    if let task = lesson.task { facts.append(["learned from", String(task.prefix(6))]) }
    facts.append(["since", Timestamp.text(lesson.createdAt)])
    if let reason = lesson.waitsBecause { facts.append(["waits for approval", reason]) }
    if let reason = lesson.retiredBecause { facts.append(["retired", reason]) }
    if let effect {
      facts.append(["effect", effect.sentence])
      facts.append(["attempts a task", LessonText.mean(effect) { Double($0.attempts) }])
      facts.append(["cost a task", LessonText.mean(effect, unit: "$") { $0.costUSD }])
    }
    return facts
  }

  /// The commits of the state that made the lesson what it is, newest first: what `git show` explains.
  private func commits(of lesson: Lesson, _ session: Session) async throws -> [String] {
    Array(try await LessonHistory.commits(of: lesson, session.git).prefix(Self.maximumCommits))
  }
}

/// Lessons as people and scripts read them.
enum LessonText {
  /// One line of a list.
  static func row(_ lesson: Lesson, _ effect: LessonEffect? = nil) -> [String] {
    var state = lesson.scope.text
    if lesson.waitsBecause != nil { state = "waits" }
    if lesson.retiredBecause != nil { state = "retired" }
    return [String(lesson.id.prefix(6)), state, effect.map(short) ?? "", lesson.instruction]
  }

  /// The first attempts that succeed with it and without: "80% with it, 20% without".
  private static func short(_ effect: LessonEffect) -> String {
    "\(percent(effect.told)) with it, \(percent(effect.heldOut)) without"
  }

  private static func percent(_ arm: LessonEffect.Arm) -> String {
    arm.rate.map { "\(Int(($0 * 100).rounded()))%" } ?? "-"
  }

  /// A figure a task, with the lesson and without.
  static func mean(
    _ effect: LessonEffect, unit: String = "", _ value: (LessonEffect.Arm) -> Double
  ) -> String {
    let texts = [effect.told, effect.heldOut].map { arm in
      arm.tasks == 0 ? "-" : unit + Budget.text(value(arm) / Double(arm.tasks))
    }
    return "\(texts[0]) with it, \(texts[1]) without"
  }

  /// The object of the listing.
  static func json(_ lesson: Lesson, _ effect: LessonEffect? = nil) -> JSONValue {
    JSONValue.compact([
      "id": .string(lesson.id), "text": .string(lesson.text), "scope": .string(lesson.scope.text),
      "when": lesson.when.isEmpty ? nil : .string(lesson.when),
      "author": .string(lesson.author), "origin": .string(lesson.origin.rawValue),
      "task": lesson.task.map(JSONValue.string),
      "retired": lesson.retiredBecause.map(JSONValue.string),
      "waits": lesson.waitsBecause.map(JSONValue.string),
      "effect": effect.map { ["told": json($0.told), "held_out": json($0.heldOut)] },
      "created_at": .string(Timestamp.text(lesson.createdAt)),
    ])
  }

  private static func json(_ arm: LessonEffect.Arm) -> JSONValue {
    [
      "tasks": .number(arm.tasks), "first_time": .number(arm.firstTime),
      "attempts": .number(arm.attempts), "cost_usd": .double(arm.costUSD),
    ]
  }

  /// A case with the code that its attempts left.
  static func json(_ evidence: LessonEvidence, _ views: [String: TaskView]) -> JSONValue {
    let task = views[evidence.task]
    func head(_ number: Int?) -> JSONValue? {
      task?.attempts.first { $0.number == number }?.head.map(JSONValue.string)
    }
    return JSONValue.compact([
      "task": .string(evidence.task), "failed": .number(evidence.failed),
      "succeeded": evidence.succeeded.map(JSONValue.number),
      "failed_commit": head(evidence.failed), "succeeded_commit": head(evidence.succeeded),
    ])
  }

  /// A case in a line for each of its attempts.
  static func lines(_ evidence: LessonEvidence, _ views: [String: TaskView]) -> [String] {
    guard let task = views[evidence.task] else { return ["  \(evidence.text)"] }
    return [evidence.failed, evidence.succeeded].compactMap { number in
      guard let attempt = task.attempts.first(where: { $0.number == number }) else { return nil }
      let head = attempt.head.map { ", \($0.prefix(8))" } ?? ""
      let error = attempt.error.map { ": \(TaskText.firstLine($0))" } ?? ""
      let end = attempt.outcome?.rawValue ?? "running"
      return "  \(task.id.prefix(6)) attempt \(attempt.number), \(end)\(head)\(error)"
    }
  }
}
