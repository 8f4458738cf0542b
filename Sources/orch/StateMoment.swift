internal import ArgumentParser
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow

/// A moment of the state's history: a commit of it, however a person names it.
struct StateMoment: Sendable {
  /// The digits of a cursor: enough to name one commit, few enough to be cheap.
  static let cursorLength = 12

  /// The commit.
  let commit: ObjectID
  /// When it was made, in milliseconds since 1970.
  let time: Int
  /// True if nothing was written yet: the commit with which every state begins.
  let isBeginning: Bool

  /// The cursor of a commit of the state.
  static func cursor(_ commit: ObjectID) -> String { commit.short(cursorLength) }

  /// Finds a moment: a commit of the state (`orchestrator~5`, `1a2b3c`), or a time as git understands it.
  ///
  /// Throws `CommandError` for what is neither.
  static func find(_ text: String, in session: Session) async throws -> StateMoment {
    if let commit = try await commit(text, in: session) { return try moment(commit, in: session) }
    guard isTime(text) else { throw unknown(text) }
    let found = try await session.git.run(
      ["rev-list", "-1", "--before=\(text)", RefLayout.state, "--"]
    ).text.split(separator: "\n").first.flatMap { ObjectID(hex: $0) }
    guard let found else {
      throw CommandError(
        "there was no state yet at '\(text)'", hints: ["orch log shows what there is"])
    }
    return try moment(found, in: session)
  }

  /// A time as git understands it, in milliseconds since 1970; throws `CommandError` for what is none.
  static func time(_ text: String, in session: Session) async throws -> Int {
    guard isTime(text) else {
      throw CommandError(
        "'\(text)' is not a time", hints: ["2026-11-21T18:00, '2 hours ago', yesterday"])
    }
    let parsed = try await session.git.run(["rev-parse", "--since=\(text)"]).text
    return parsed.split(whereSeparator: \.isWhitespace).first
      .flatMap { Int($0.drop { !$0.isNumber }) }.map { $0 * 1000 } ?? 0
  }

  /// The commit of the state that a text names; nil if it names none.
  static func commit(_ text: String, in session: Session) async throws -> ObjectID? {
    guard !text.isEmpty, !text.hasPrefix("-") else { return nil }
    let parsed = try await session.git.run(
      ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(text)^{commit}"],
      accepting: [1, 128])
    guard parsed.exitCode == 0,
      let commit = parsed.text.split(separator: "\n").last.flatMap({ ObjectID(hex: $0) })
    else { return nil }
    let ancestry = try await session.git.run(
      ["merge-base", "--is-ancestor", commit.hex, RefLayout.state], accepting: [1, 128])
    return ancestry.exitCode == 0 ? commit : nil
  }

  private static func moment(_ commit: ObjectID, in session: Session) throws -> StateMoment {
    let repository = try Repository(at: session.repository)
    let found = try repository.commit(commit)
    return StateMoment(
      commit: commit, time: Int(found.committer.seconds) * 1000, isBeginning: found.parents.isEmpty)
  }

  /// git takes any word for the present: only what has a number, or is one of its words, is a time.
  private static func isTime(_ text: String) -> Bool {
    let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
    let known: Set<Substring> = ["yesterday", "noon", "midnight", "now", "today", "tea"]
    let digits = text.filter(\.isNumber).count
    // A bare name of a commit that does not exist is not a time.
    let isName = text.count >= 7 && text.allSatisfy(\.isHexDigit)
    return !isName && (digits > 0 || words.contains(where: known.contains))
  }

  private static func unknown(_ text: String) -> CommandError {
    CommandError(
      "'\(text)' is neither a commit of the state nor a time",
      hints: [
        "a commit: 'git log refs/orchestrator' shows them",
        "a time: 2026-11-21T18:00, '2 hours ago', yesterday",
      ])
  }
}

/// The option of commands that can look back.
struct PastOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "As it was at a commit of the state, or at a time.", valueName: "rev|time"))
  var at: String?

  /// Throws `ValidationError` if news are asked for too.
  func exclude(since cursor: String?) throws {
    guard at == nil || cursor == nil else {
      throw ValidationError("--at looks back and --since waits for news: use one of them")
    }
  }
}

extension StateMoment {
  /// Says to people which moment they see.
  func say() {
    Output.say(
      isBeginning
        ? "before the state of this repository began"
        : "as of \(Timestamp.text(time)), \(Self.cursor(commit))")
  }
}

/// The state as one commit has it.
struct PastState: ~Copyable {
  let reader: StateReader
  let repository: Repository

  /// Reads the state of a moment.
  init(at commit: ObjectID, in session: Session) throws {
    let repository = try Repository(at: session.repository)
    reader = try StateReader(at: commit, in: repository)
    self.repository = repository
  }

  /// Every task of that moment.
  func tasks() throws -> [TaskView] {
    try reader.records(of: .tasks, in: repository).map { TaskView($0) }
  }

  /// The plan of a task that waited for a decision then; nil if none did.
  func plan(of task: TaskView) throws -> StoredPlan? {
    try PlanStore.plan(of: task.id, reader, in: repository)
  }

  /// One task of that moment, by the beginning of its name.
  func task(_ prefix: String) throws -> TaskView {
    let id = try reader.resolve(prefix, in: .tasks, repository)
    guard let record = try reader.record(RecordKey(.tasks, id), in: repository) else {
      throw TaskError.missing(prefix)
    }
    return TaskView(record)
  }
}
