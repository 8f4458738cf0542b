internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Git2
internal import GitState
internal import JSON
internal import Workflow

/// The command `orch digest`.
struct DigestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digest",
    abstract: "Sum up a finished phase in a page: what an agent keeps when it forgets the rest.")

  @Argument(help: "Only one task and its parts.") var id: String?
  @Option(
    help: ArgumentHelp(
      "Only what changed after a cursor, a commit of the state, or a time.",
      valueName: "cursor|time"))
  var since: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    let tip = try News.tip(of: session)
    let cursor = StateMoment.cursor(tip)
    var tasks: [TaskView]
    var lessons: [Lesson] = []
    var heading = "digest of everything"
    let store = try await session.openTasks()
    let all = try await store.all()
    if let since, let moment = try await moment(since, session) {
      tasks = try News.views(from: moment.commit, to: tip, in: session).map(\.now)
      lessons = try await newLessons(since: moment.commit, store, session)
      heading = "digest since \(Timestamp.text(moment.time))"
    } else {
      tasks = Array(all.values)
      lessons = try await LessonStore(store, session).all()
    }
    if let id {
      let top = try await store.find(id)
      let family = Self.family(of: top.id, in: all)
      tasks.removeAll { !family.contains($0.id) }
      lessons.removeAll { $0.task.map { !family.contains($0) } ?? true }
      heading += ", \(top.id.prefix(6)) \(BriefText.cut(top.title, 80)) and its parts"
    }
    let text = DigestText.text(of: tasks, lessons: lessons, heading: heading)
    if global.json {
      return Output.print([
        "cursor": .string(cursor), "text": .string(text ?? ""),
        "tasks": .texts(tasks.map(\.id).sorted()), "lessons": .texts(lessons.map(\.id)),
      ])
    }
    Output.print(
      text.map { $0 + "\n" + BriefText.cursorLine(cursor) } ?? BriefText.nothingNew(cursor))
  }

  /// The moment of a cursor; nil, which is said, for one that nobody knows any more, as `orch status` has it.
  private func moment(_ text: String, _ session: Session) async throws -> StateMoment? {
    let isCursor = text.count == StateMoment.cursorLength && text.allSatisfy(\.isHexDigit)
    if isCursor, try await StateMoment.commit(text, in: session) == nil {
      if !global.quiet { Output.say("'\(text)' is no commit of this state: this is all of it") }
      return nil
    }
    return try await StateMoment.find(text, in: session)
  }

  private func newLessons(
    since old: ObjectID, _ store: TaskStore, _ session: Session
  ) async throws -> [Lesson] {
    let repository = try Repository(at: session.repository)
    let earlier = try StateReader(at: old, in: repository)
    let changed = Set(
      try StateReader(in: repository).changedRecords(
        since: earlier, of: .lessons, in: repository
      ).map(\.text))
    return try await LessonStore(store, session).all().filter { changed.contains($0.id) }
  }

  /// A task and everything below it.
  private static func family(of top: String, in tasks: [String: TaskView]) -> Set<String> {
    var family: Set<String> = [top]
    var queue = [top]
    while let next = queue.popLast() {
      for child in tasks[next]?.children ?? [] where family.insert(child).inserted {
        queue.append(child)
      }
    }
    return family
  }
}
