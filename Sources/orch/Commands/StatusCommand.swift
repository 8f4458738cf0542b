internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Git2
internal import GitState
internal import JSON
internal import Workflow

/// The command `orch status`.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show what runs, what waits, and what needs a person.",
    discussion: """
      '--brief' is for agents: bounded, without times, most urgent first. It ends with a cursor; '--since' with \
      that cursor shows only what changed after it, and '--wait' waits until something does.
      """)

  @Flag(help: "A few lines, most urgent first.") var brief = false
  @Option(
    help: ArgumentHelp("With --brief: only what changed after a cursor.", valueName: "cursor"))
  var since: String?
  @Option(
    help: ArgumentHelp("With --since: wait so long for a change.", valueName: "seconds"))
  var wait: Int?
  @OptionGroup var past: PastOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard wait == nil || since != nil else {
      throw ValidationError("--wait waits for a change after a cursor: add --since CURSOR")
    }
    guard wait.map({ (0...Self.maximumWaitSeconds).contains($0) }) ?? true else {
      throw ValidationError("--wait takes 0 to \(Self.maximumWaitSeconds) seconds")
    }
    try past.exclude(since: since)
  }

  /// The longest wait, in seconds.
  static let maximumWaitSeconds = 86_400
  /// How often the state is looked at while waiting, in milliseconds.
  static let lookMilliseconds = 200

  func run() async throws {
    if let at = past.at { return try await showPast(at) }
    if let since { return try await showChanges(since) }
    if brief || !global.json {
      let (front, tip) = try Overview.front(near: global.folder)
      guard global.json else {
        Output.print(Self.text(front, tip, brief: brief))
        if !brief { Self.tellOfRun(near: global.folder) }
        if !brief, !global.quiet { ConfigurationNotice.say(near: global.folder) }
        return
      }
      return Output.print(StatusOutput.brief(front, cursor: StateMoment.cursor(tip)))
    }
    try Overview.read(near: global.folder) { index, repository in
      let open = try Overview.views(index.table.openIDs, index, in: repository)
      Output.print(
        StatusOutput.json(
          index.front, open: open, cursor: StateMoment.cursor(index.state.tip),
          orchestrator: RunNotice.json(near: global.folder)))
    }
  }

  /// Prints where the orchestrator in the background has its log, if there is one.
  static func tellOfRun(near folder: String) {
    if let line = RunNotice.line(near: folder) { Output.print("\n" + line) }
  }

  /// The text of a state.
  static func text(_ front: TaskFront, _ tip: ObjectID, brief: Bool) -> String {
    brief
      ? BriefText.status(front, cursor: StateMoment.cursor(tip))
      : StatusText.text(front, brief: false, now: Session.clock())
  }

  private func showPast(_ text: String) async throws {
    let session = try Session(global, configured: false)
    let moment = try await StateMoment.find(text, in: session)
    let tasks = try PastState(at: moment.commit, in: session).tasks()
    let front = TaskFront(tasks)
    let cursor = StateMoment.cursor(moment.commit)
    if global.json, brief { return Output.print(StatusOutput.brief(front, cursor: cursor)) }
    if global.json {
      let open = tasks.filter { !$0.status.isTerminal }
        .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
      return Output.print(StatusOutput.json(front, open: open, cursor: cursor, at: moment.time))
    }
    if !global.quiet { moment.say() }
    if front.total == 0, !brief { return Output.print("no tasks") }
    Output.print(
      brief
        ? BriefText.status(front, cursor: cursor)
        : StatusText.text(front, brief: false, now: moment.time))
  }

  private func showChanges(_ cursor: String) async throws {
    let session = try Session(global, configured: false)
    guard let old = try await StateMoment.commit(cursor, in: session) else {
      if !global.quiet { Output.say("'\(cursor)' is no commit of this state: this is all of it") }
      return try showEverything()
    }
    let deadline = Session.clock() + (wait ?? 0) * 1000
    var seen: ObjectID?
    while true {
      let tip = try News.tip(of: session)
      if tip != seen {
        seen = tip
        if try print(News.changes(from: old, to: tip, in: session), tip) { return }
      }
      if Session.clock() >= deadline { break }
      try await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
    }
    let now = StateMoment.cursor(seen ?? old)
    Output.print(
      global.json
        ? JSONValue.compact(["cursor": .string(now), "changed": .array([])]).canonicalText
        : BriefText.nothingNew(now))
  }

  /// What a cursor is answered with that nobody knows.
  private func showEverything() throws {
    guard global.json else {
      let (front, tip) = try Overview.front(near: global.folder)
      return Output.print(Self.text(front, tip, brief: true))
    }
    try Overview.read(near: global.folder) { index, repository in
      let open = try Overview.views(index.table.openIDs, index, in: repository)
      Output.print([
        "cursor": .string(StateMoment.cursor(index.state.tip)),
        "changed": .array(open.map { StatusOutput.json(TaskSummary($0)) }),
      ])
    }
  }

  /// Prints what changed; false if nothing is worth a line.
  private func print(_ changes: [TaskDifference], _ tip: ObjectID) throws -> Bool {
    guard let text = BriefText.changes(changes) else { return false }
    let cursor = StateMoment.cursor(tip)
    if global.json {
      Output.print([
        "cursor": .string(cursor), "changed": .array(changes.map { StatusOutput.json($0.now) }),
      ])
    } else {
      Output.print(text + "\n" + BriefText.cursorLine(cursor))
    }
    return true
  }
}

/// What happened after a commit of the state.
enum News {
  /// The newest commit of the state.
  static func tip(of session: Session) throws -> ObjectID {
    if let location = RepositoryLocation(near: session.commonDirectory),
      let tip = location.reference(RefLayout.state)
    {
      return tip
    }
    let repository = try Repository(at: session.repository)
    return try StateReader(in: repository).tip
  }

  /// The tasks that are not what they were, as they were and as they are; only trees that differ are read.
  static func changes(
    from old: ObjectID, to new: ObjectID, in session: Session
  ) throws -> [TaskDifference] {
    try views(from: old, to: new, in: session).map {
      TaskDifference(before: $0.before.map(TaskSummary.init), now: TaskSummary($0.now))
    }
  }

  /// The same with everything that is known of the tasks.
  static func views(
    from old: ObjectID, to new: ObjectID, in session: Session
  ) throws -> [(before: TaskView?, now: TaskView)] {
    if old == new { return [] }
    let repository = try Repository(at: session.repository)
    let earlier = try StateReader(at: old, in: repository)
    let later = try StateReader(at: new, in: repository)
    var views: [(before: TaskView?, now: TaskView)] = []
    for id in try later.changedRecords(since: earlier, of: .tasks, in: repository) {
      let key = RecordKey(.tasks, id)
      guard let record = try later.record(key, in: repository) else { continue }
      let before = try earlier.record(key, in: repository)
      views.append((before.map { TaskView($0) }, TaskView(record)))
    }
    return views
  }
}
