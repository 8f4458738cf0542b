internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Sees an attempt to its end, whoever began it: prepares, starts or adopts, waits, collects.
  func supervise(_ id: String, _ token: Int) async throws {
    let task = try await task(id)
    guard let attempt = task.attempts.last, attempt.token == token, attempt.endedAt == nil else {
      return
    }
    let monitor = WorkerMonitor(directory: folder.runDirectory(task: id, token: token))
    do {
      if monitor.isPrepared { adopt(monitor) } else { try await prepare(task, attempt, monitor) }
    } catch let problem where FailureText.isOfFullDisk(problem) {
      // Another attempt would begin no better.
      throw problem
    } catch let error as AgentError {
      let failure: FailureKind =
        switch error {
        case .file: .environment
        case .notInstalled: .notInstalled
        case .misconfigured, .sandbox, .supervisor: .misconfigured
        }
      return try await recordEnd(
        of: task, attempt, Collected(failure: failure, error: Explain.agent(error)))
    } catch let error as PromptError {
      return try await recordEnd(
        of: task, attempt, Collected(failure: .misconfigured, error: error.text))
    } catch let error as EngineError {
      guard case .noSuchIssue = error else { throw error }
      return try await recordEnd(
        of: task, attempt, Collected(failure: .misconfigured, error: error.sentence))
    } catch let error as SetupError {
      return try await recordEnd(
        of: task, attempt, Collected(failure: .environment, error: error.text))
    } catch let error as WorktreeError {
      return try await recordEnd(
        of: task, attempt, Collected(failure: .environment, error: Explain.worktree(error)))
    }
    try await fence(monitor, of: id)
    let exit = try await end(of: monitor) { [report] progress, isWaiting in
      let said =
        progress.lastTool ?? progress.finalText.split(separator: "\n").last.map(String.init)
      guard let line = isWaiting ? waitingLine(of: id) : said else { return }
      report(.progress(task: id, title: task.title, attempt: attempt, line: line))
    }
    try await keepState()
    try await keepNotes()
    await shared?.unwatch(id)
    if await shared?.hasLost(id) == true { return try await surrender(id) }
    await attend([task])
    await tellOfLeftBehind(task, attempt)
    let collected = try await collect(try await self.task(id), attempt, exit, monitor)
    try await recordEnd(of: task, attempt, collected)
    room.forget(monitor.directory)
  }

  /// Makes sense of what an ended process left: its result, its commits, its leftover files.
  private func collect(
    _ task: TaskView, _ attempt: Attempt, _ exit: WorkerExit, _ monitor: WorkerMonitor
  ) async throws -> Collected {
    let worktree = worktree(of: task)
    var collected = Collected(report: monitor.launch?.charged(exit.report) ?? exit.report)
    let differences = try await compare(task, worktree, exit, monitor)
    collected.outside = differences.lines.map {
      TextBound.prefix($0, bytes: Collected.maximumOutsideBytes)
    }
    collected.promptHash = monitor.storedText("prompt.md").flatMap {
      try? Repository.id(of: Array($0.utf8), .blob).hex
    }
    guard WorktreeStore.isWhole(worktree) else {
      collected.failure = .environment
      collected.error = "the worktree is gone or no longer on branch '\(worktree.branch)'"
      if let place = try await rescue(task, worktree) {
        collected.error? += "; what it holds is kept as \(place)"
      }
      return collected
    }
    let protocolFolder = "\(worktree.path)/\(WorktreeStore.protocolFolder)"
    let outputFile = "\(protocolFolder)/output-\(task.id).json"
    let recovered = ResultRecovery.recover(file: outputFile, finalText: exit.report.finalText)
    if case .found(let document) = recovered { collected.document = document }
    let messages = MessageFolder(path: protocolFolder)
    collected.checkpoint = messages.checkpoint
    collected.delivered = messages.delivered
    let home = try await bringHome(task, worktree, monitor)
    if let operation = home.operation {
      // Its steps are in its own git directory: what stands in the files is kept, and begun anew.
      collected.unresolved = []
      collected.operation = operation
      collected.wip = try await keepSnapshot(of: task, worktree, why: "attempt \(attempt.number)")
    } else if WorkerMonitor.isSmall(worktree.path, options.quotaBytes) {
      // Files of a commit that git refuses cannot even be compared.
      if try await setAsideRefused(task, worktree, &collected) { return collected }
      try await collectCommits(task, attempt, worktree, &collected)
      if try await setAsideForeign(task, worktree, &collected) { return collected }
    }
    if let detached = home.detached { try keep(detached, of: task) }
    if let problem = home.problem {
      collected.failure = .environment
      collected.error = problem
      return collected
    }
    judge(exit, recovered, attempt, &collected)
    try await refuseIncomplete(&collected)
    await readPlan(task, attempt, worktree, &collected)
    if attempt.purpose == .rebase {
      try await verifyResolution(task, attempt, worktree, &collected)
    }
    if exit.reason == .stopped { waitForAnswer(task, attempt, messages, &collected) }
    let grave = differences.grave.first.map { "the worker changed what is not its own: \($0)" }
    let secrets = Self.question(aboutUncommitted: collected.secrets, of: task)
    if let reason = grave ?? secrets, collected.outcome == .succeeded {
      collected.outcome = .needsReview
      collected.isHeldBack = true
      collected.error = reason
    }
    return collected
  }

  /// Commits what the agent left uncommitted, and marks every new commit with where it comes from.
  private func collectCommits(
    _ task: TaskView, _ attempt: Attempt, _ worktree: Worktree, _ collected: inout Collected
  ) async throws {
    if attempt.purpose == .rebase { try await finishOperation(worktree) }
    let status = try await worktree.statusBeside()
    let end = "attempt \(attempt.number)"
    if let operation = status.operation {
      collected.operation = operation
      collected.unresolved = try await unmergedFiles(worktree)
      collected.wip = try await keepSnapshot(of: task, worktree, why: end)
      return
    }
    if !status.isClean {
      collected.refused = status.changedFiles.filter(CommitInspection.isRefused)
      let kept = try await keepSnapshot(of: task, worktree, why: end)
      collected.wip = kept
      collected.secrets = try await secrets(inSnapshot: kept)
      let subject = "\(task.title)\n\nLeft uncommitted by the worker; committed by orch.\n"
      if collected.secrets.isEmpty {
        _ = try await worktree.commitAll(message: subject, by: signatureNow, git: gitRunner)
      }
    }
    let published = try await published(task)
    let trailers = [
      (name: "Orch-Task", value: task.id), (name: "Orch-Attempt", value: String(attempt.number)),
      (name: "Orch-Agent", value: attempt.model.map { "\(attempt.agent)/\($0)" } ?? attempt.agent),
    ]
    let place = place
    let marked = try worktree.annotate(notIn: published, trailers: trailers) {
      place.harmless(commitMessage: $0)
    }
    let signed = try await signWork(worktree, marked.head, notIn: published, of: task)
    collected.head = signed.mapping[marked.head] ?? marked.head
    collected.commits = marked.commits.map { signed.mapping[$0] ?? $0 }
    collected.remark = signed.remark
    collected.base = try await beginning(of: collected.head ?? marked.head, task)
    collected.pushedBefore = try await unopenedCommits(task, collected)
    if let head = collected.head { try await keepFinished(head, of: task) }
  }

  /// How many commits were pushed before, and are in no pull request yet.
  ///
  /// The machine that pushed them died in between. They are work to publish, though the worker added nothing to them.
  private func unopenedCommits(_ task: TaskView, _ collected: Collected) async throws -> Int {
    guard task.pullRequest == nil, collected.commits.isEmpty, let head = collected.head,
      let base = collected.base
    else { return 0 }
    return try await code.run { repository throws(GitError) in
      try repository.commits(from: base, to: head).count
    }
  }

  /// True if the worker replaced even the first commit, so that its branch has nothing in common with the
  /// base: it is kept, and the next attempt begins on the base.
  private func setAsideForeign(
    _ task: TaskView, _ worktree: Worktree, _ collected: inout Collected
  ) async throws -> Bool {
    guard let head = collected.head, collected.base == nil else { return false }
    try keep(head, of: task)
    try await code.run { repository throws(WorktreeError) in
      try WorktreeStore.remove(worktree, in: repository)
    }
    try await git.run(["update-ref", "-d", "refs/heads/" + worktree.branch], accepting: [1, 128])
    collected.head = nil
    collected.commits = []
    collected.failure = .environment
    collected.error =
      "the worker's commits have nothing in common with the base: its first commit was replaced"
    return true
  }

  /// Commits that others have seen, and that stay as they are.
  func published(_ task: TaskView) async throws -> [ObjectID] {
    let base = try await baseBranch(of: task)
    let tracking = RefLayout.trackedBranch(base, of: options.remote)
    // Another machine may have published the branch before this one took over.
    let own = RefLayout.trackedBranch(task.remoteBranch, of: options.remote)
    let recorded = recordedBases(of: task)
    let (heads, bases) = try await code.run { repository throws(GitError) in
      (
        [try repository.reference(tracking), try repository.reference(own)],
        recorded.filter { repository.contains($0) }
      )
    }
    guard let baseHead = heads[0] else {
      throw EngineError.noSuchBase(branch: base, remote: options.remote)
    }
    let request = task.pullRequest.flatMap { ObjectID(hex: $0.head) }
    return [baseHead] + [heads[1], request].compactMap { $0 } + bases
  }

  /// Decides how the attempt ended: from git and the result, then the agent's words, then its exit.
  private func judge(
    _ exit: WorkerExit, _ recovered: RecoveredResult, _ attempt: Attempt,
    _ collected: inout Collected
  ) {
    if let (kind, text) = Self.forcedEnd(exit) {
      collected.failure = kind
      collected.error = text
      if exit.reason == .stopped { collected.outcome = .interrupted }
      return
    }
    if let failure = exit.report.failure {
      collected.failure = FailureKind(rawValue: failure.kind.rawValue) ?? .other
      collected.error = failure.message
      return
    }
    let outcome = collected.document.map(Self.outcome)
    if let files = collected.unresolved, outcome == nil || outcome == .succeeded {
      let operation = collected.operation ?? .rebase
      let places = files.isEmpty ? "" : "; still in conflict: \(files.joined(separator: ", "))"
      collected.failure = .conflict
      collected.error =
        "\(operation.name) was left unfinished in the worktree\(places); there, \(operation.wayOut)"
      return
    }
    if let document = collected.document {
      collected.outcome = outcome
      collected.error = document.reason.isEmpty ? nil : document.reason
      return
    }
    if exit.exitCode != 0 {
      collected.failure = exit.signal != nil ? .killed : .crashed
      let words = exit.errorText.isEmpty ? exit.report.finalText : exit.errorText
      let code = exit.exitCode.map { "exit code \($0)" } ?? "signal \(exit.signal ?? 0)"
      collected.error = "\(code): \(words.suffix(2000))"
    } else if case .malformed(let why) = recovered {
      collected.failure = .malformedOutput
      collected.error = why
    } else {
      collected.outcome = .succeeded
    }
  }

  private static func forcedEnd(_ exit: WorkerExit) -> (FailureKind, String)? {
    switch exit.reason {
    case .exited: nil
    case .timedOut: (.timedOut, "its time was up")
    case .stalled: (.stalled, "nothing was heard of it for too long")
    case .budget: (.budgetExceeded, "the task's budget was reached while it ran")
    case .overLimit: (.resourceLimit, exit.limit ?? "it used more of the machine than it may")
    case .stopped: (.killed, "it was stopped")
    case .notStarted:
      (.notInstalled, exit.report.failure?.message ?? "it could not be started")
    case .lost: (.killed, "its supervisor was killed")
    }
  }

  private static func outcome(_ document: ResultDocument) -> AttemptOutcome {
    if !document.delegations.isEmpty { return .delegated }
    if document.needsHelp { return .needsReview }
    return switch document.status {
    case "done": .succeeded
    case "in_progress": .unfinished
    case "blocked": .blocked
    default: .needsReview
    }
  }
}

/// What an attempt left.
struct Collected: Sendable {
  var outcome: AttemptOutcome?
  var failure: FailureKind?
  var error: String?
  var document: ResultDocument?
  var report = AgentReport()
  var head: ObjectID?
  /// The base's commit that the head is on top of.
  var base: ObjectID?
  var commits: [ObjectID] = []
  /// How many commits were at the remote before it began, and in no pull request.
  var pushedBefore = 0
  var wip: ObjectID?
  var checkpoint: String?
  var delivered: [String] = []
  var promptHash: String?
  /// What the worker proposes, if it can be carried out.
  var plan: StoredPlan?
  /// What was left uncommitted and no commit takes, because git refuses the name.
  var refused: [String] = []
  /// What looks like a secret in what was left uncommitted: no commit takes that.
  var secrets: [SecretSearch.Finding] = []
  /// The files in conflict if something was left in the middle.
  var unresolved: [String]?
  /// What was left in the middle.
  var operation: OngoingOperation?
  /// The account of both sides of a conflict, as JSON.
  var resolution: String?
  /// What the worker changed outside of its room.
  var outside: [String] = []

  /// True if orch asks a person about it, whatever its worker says.
  var isHeldBack = false
  /// What a person is to know of its commits, such as that they have no signature.
  var remark: String?

  /// The longest line about changes outside, in bytes.
  static let maximumOutsideBytes = 200

  init(report: AgentReport = AgentReport()) { self.report = report }

  init(failure: FailureKind, error: String) {
    self.failure = failure
    self.error = error
  }

  /// The result in the workflow's words.
  var result: TaskResult? {
    guard let document else {
      guard outcome == .succeeded, !report.finalText.isEmpty, !commits.isEmpty else { return nil }
      var result = TaskResult()
      result.summary = String(report.finalText.suffix(1000))
      return result
    }
    var result = TaskResult()
    result.status = document.status
    result.summary = document.summary
    result.reason = document.reason
    result.accomplished = document.accomplished
    result.remaining = document.remaining
    result.blockers = document.blockers
    result.filesChanged = document.filesChanged
    result.needsHelp = document.needsHelp
    return result
  }
}
