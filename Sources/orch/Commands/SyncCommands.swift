internal import ArgumentParser
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Settings
internal import Workflow

/// The command `orch sync`.
struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync",
    abstract:
      "Bring this machine's state and the remote's together; both have all of it afterwards.")

  @Option(help: "The remote of the state; without it, 'sync.remote' or 'forge.remote'.")
  var remote: String?
  @Flag(
    help: "Make this remote the one that keeps the claims, where the one before is gone for good.")
  var elect = false
  @Flag(help: "Take in however much the remote has, also what is too much for a sync unasked.")
  var all = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("sync")
    let name = try Sharing.remote(session, asked: remote)
    try await session.requireRemote(name)
    // One look for all that follows: each costs a connection.
    let seen = try await session.git.advertisedReferences(
      remote: name, patterns: StateSync.patterns + [Inbox.pattern])
    try await SyncText.adopt(from: name, session, after: seen)
    let tasks = try await session.tasks()
    let inbox = Inbox(tasks, git: session.git, remote: name)
    let look = try await inbox.take(now: Session.clock(), after: seen)
    let report = try await Self.sync(
      name, session, tasks, limits: all ? .adoption : nil, after: seen)
    // Only what the remote has in the state now is deleted from its inbox.
    if !report.isHeldBack { try await inbox.clear(look) }
    if elect {
      try await StateSync(state: tasks.state, git: session.git, remote: name).elect()
    }
    if !elect, !report.keepsClaims, try name == Sharing.remote(session) {
      Output.say(
        "'\(name)' does not keep the claims of this state: 'orch run' waits\n"
          + "hint: if no other remote does: orch sync --elect")
    }
    if global.json { return Output.print(SyncText.json(report, look, remote: name)) }
    if !global.quiet { SyncText.say(report, remote: name) }
    if !global.quiet { SyncText.say(look) }
    if !global.quiet, elect { Output.print("'\(name)' keeps the claims from now on") }
  }

  /// One sync; a machine whose name another one uses takes a new one for its later writes.
  static func sync(
    _ remote: String, _ session: Session, _ tasks: TaskStore, limits: ValidationLimits? = nil,
    after seen: [String: String]? = nil
  ) async throws -> SyncReport {
    var sync = StateSync(
      state: tasks.state, git: session.git, remote: remote, limits: limits)
    sync.allowedSecretPaths = Sharing.allowedSecretPaths(session)
    let report = try await sync.run(after: seen)
    if report.joins.contains(where: \.isHostShared) {
      var random = SystemRandomNumberGenerator()
      let name = try tasks.state.folder.renewHostName(
        insteadOf: tasks.state.host, preferring: Session.hostName, using: &random)
      Output.say(
        "another machine writes as '\(tasks.state.host)': this one is '\(name)' from now on")
    }
    session.ring()
    return report
  }
}

/// The command `orch clone`.
struct CloneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clone", abstract: "Clone a repository together with its tasks.")

  @Argument(help: "What 'git clone' understands.") var url: String
  @Argument(help: "The new folder.") var directory: String
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let place = global.directory ?? "."
    let git = GitProgram(directory: place, environment: Environment.all)
    try await git.run(
      ["clone", "--quiet", "--", url, directory], timeoutSeconds: Self.cloneSeconds)
    let path = directory.hasPrefix("/") ? directory : "\(place)/\(directory)"
    var options = global
    options.directory = path
    let session = try Session(options)
    let remote = try Sharing.remote(session)
    let isThere = try await SyncText.adopt(from: remote, session)
    let tasks = try await session.tasks()
    let count = try await tasks.all().count
    if global.json {
      return Output.print([
        "repository": .string(session.repository), "tasks": .number(count),
        "host": .string(tasks.state.host),
      ])
    }
    guard !global.quiet else { return }
    Output.print(
      isThere
        ? "cloned into '\(directory)' with \(count) tasks"
        : "cloned into '\(directory)'; '\(remote)' has no tasks yet")
  }

  /// How long a clone may take, in seconds.
  static let cloneSeconds = 6 * 3600
}

/// Syncs as people and scripts read them, and the first contact.
enum SyncText {
  /// What a fetch or a sync that was killed has left would refuse every later one.
  private static func removeStaleLocks(_ session: Session) throws {
    let repository = try Repository(at: session.repository)
    repository.removeStaleLocks()
  }

  private static func reference(_ name: String, _ session: Session) throws -> ObjectID? {
    let repository = try Repository(at: session.repository)
    return try repository.reference(name)
  }

  /// Takes over the remote's state where this repository has none; true if there is one there.
  ///
  /// The first contact adopts before the first write, so that both sides begin with the same commit. With `joining`, a
  /// state that was begun here meanwhile takes the remote's in.
  @discardableResult
  static func adopt(
    from remote: String, _ session: Session, after seen: [String: String]? = nil,
    joining: Bool = false
  ) async throws -> Bool {
    let heads =
      if let seen { seen } else {
        try await session.git.advertisedReferences(remote: remote, patterns: [RefLayout.state])
      }
    guard heads[RefLayout.state] != nil else { return false }
    try removeStaleLocks(session)
    try Sharing.mendReferences(session)
    let isBegun = try session.hasState()
    if isBegun, !joining { return true }
    let tracked = StateSync.tracked(RefLayout.state, of: remote)
    try await session.git.fetch(
      remote: remote, refspecs: ["+\(RefLayout.state):\(tracked)"], checkingObjects: true)
    guard let tip = try reference(tracked, session) else { return false }
    _ = try await session.openTasks().state.join(with: tip)
    return true
  }

  /// The object of `orch sync --json`.
  static func json(_ report: SyncReport, _ inbox: Inbox.Look, remote: String) -> JSONValue {
    [
      "inbox": .texts(inbox.made.map(\.id)),
      "inbox_refused": .texts(inbox.refused.map { "\($0.reference): \($0.reason)" }),
      "remote": .string(remote), "pushed": .texts(report.pushed), "tries": .number(report.tries),
      "changed": .texts(report.changedTasks), "is_held_back": .bool(report.isHeldBack),
      "was_set_back": .bool(report.isRewound), "kept_here": .texts(report.keptHere.keys.sorted()),
      "kept_out": .texts(report.keptOut),
      "conflicts": .texts(report.joins.flatMap(\.conflicts).map(\.path)),
      "notes_problem": .optional(report.notesProblem),
      "own_notes_problem": .optional(report.ownNotesProblem),
    ]
  }

  /// What came through the inbox.
  static func say(_ inbox: Inbox.Look) {
    for task in inbox.made { Output.print("inbox: \(task.id.prefix(6)) \(task.title)") }
    for item in inbox.refused { Output.say("inbox: '\(item.reference)' is left: \(item.reason)") }
  }

  /// What a person wants to know.
  static func say(_ report: SyncReport, remote: String) {
    let changed = report.changedTasks.count
    let isPushed = report.pushed.contains(RefLayout.state)
    switch (changed, isPushed) {
    case (0, false): Output.print("'\(remote)' and this machine have the same state")
    case (0, true): Output.print("pushed the state to '\(remote)'")
    case (_, false): Output.print("took in \(changed) tasks from '\(remote)'")
    case (_, true): Output.print("took in \(changed) tasks from '\(remote)' and pushed ours")
    }
    if report.isHeldBack {
      Output.say(
        "nothing was pushed: the state of '\(remote)' holds objects that git's own checks refuse\n"
          + "hint: whoever may write there should restore refs/orch/state to an earlier commit")
    }
    if let problem = report.notesProblem {
      Output.say(
        "the notes of '\(remote)' were not joined: \(problem)\n"
          + "hint: whoever may write there should restore \(RefLayout.notes), or delete it: "
          + "the next sync brings ours")
    }
    if let problem = report.ownNotesProblem {
      Output.say(
        "the notes of this machine were not pushed: \(problem)\nhint: orch doctor --fix")
    }
    for line in report.news(of: remote) { Output.say(line) }
    for skew in report.joins.flatMap(\.skews) {
      Output.say("the clock of '\(skew.host)' is \(skew.milliseconds / 1000) s ahead")
    }
  }
}
