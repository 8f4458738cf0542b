internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Pushes the branch and opens the pull request, or updates the open one.
  func publish(_ id: String, _ token: Int) async throws {
    let task = try await task(id)
    guard let attempt = task.attempts.last, attempt.token == token,
      let head = attempt.head.flatMap({ ObjectID(hex: $0) }), let base = task.base
    else { return }
    let branch = worktree(of: task).branch
    let baseHead = try await network.run { try await self.fetchBranch(base) }
    let onto = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return try repository.mergeBase(head, baseHead)
    }
    guard let onto else { throw EngineError.noSuchBase(branch: base, remote: options.remote) }
    try await push(head, to: branch, expecting: task.pullRequest?.head)
    var request = task.pullRequest ?? PullRequestView(id: "", head: "", baseHead: "")
    if request.id.isEmpty { request.id = "L" + task.id.prefix(6) }
    request.head = head.hex
    request.baseHead = onto.hex
    request.status = onto == baseHead ? .open : .behind
    request.conflictFiles = []
    let opened = request
    var change = TaskChange(.pullRequestOpened)
    change.token = token
    change.fields["pr"] = opened.json
    change.fields["purpose"] = .null
    change.detail = "\(branch)"
    change.trailers = [.init("Orch-Code", head.hex), .init("Orch-Branch", branch)]
    try await tasks.record(id, change)
  }

  /// Pushes a task's branch by compare-and-swap; a branch that is there already is fine.
  private func push(_ head: ObjectID, to branch: String, expecting old: String?) async throws {
    let name = "refs/heads/" + branch
    let now = try await git.advertisedReferences(remote: options.remote, patterns: [name])[name]
    if now == head.hex { return }
    let known = [old, nil].contains(now)
    guard known else { throw EngineError.branchMoved(branch: branch) }
    let outcomes = try await git.push(
      remote: options.remote,
      [PushUpdate(head.hex, to: name, expecting: now.map { .object($0) } ?? .absent)])
    if case .rejected(let text) = outcomes[name] {
      throw GitCommandError.failed(command: "git push", exitCode: 1, detail: text)
    }
  }

  /// Brings a branch onto the base's new head, or hands the conflict to a worker.
  func rebase(_ id: String, onto: String) async throws {
    let task = try await task(id)
    guard task.status == .inReview, var request = task.pullRequest, let base = task.base,
      let head = ObjectID(hex: request.head)
    else { return }
    let baseHead = try await network.run { try await self.fetchBranch(base) }
    let signature = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return self.signature(seconds: try repository.commit(baseHead).committer.seconds)
    }
    let isMerged = try await code.run { repository throws(GitError) in
      try repository.contains(head, inHistoryOf: baseHead)
    }
    if isMerged { return try await recordMerge(task, as: baseHead, into: base) }
    switch try await moved(head, onto: baseHead, base: base, by: signature) {
    case .clean(let rebased) where rebased.head == baseHead:
      try await recordMerge(task, as: baseHead, into: base)
    case .clean(let rebased):
      try await moveBranch(task, to: rebased.head, from: head)
      try await push(rebased.head, to: worktree(of: task).branch, expecting: request.head)
      try await copyNotes(rebased.mapping)
      request.head = rebased.head.hex
      request.baseHead = baseHead.hex
      request.status = .open
      var change = TaskChange(.pullRequestRebased)
      change.fields["pr"] = request.json
      change.detail = "onto \(baseHead.short())"
      change.trailers = [.init("Orch-Code", rebased.head.hex)]
      try await tasks.record(id, change)
    case .conflict(let report):
      try await recordConflict(task, request, report, base: base, baseHead: baseHead)
    }
  }

  /// A branch that a worker has merged the base into keeps that merge; others are rebased.
  private func moved(
    _ head: ObjectID, onto baseHead: ObjectID, base: String, by signature: Signature
  ) async throws -> RebaseVerdict {
    try await code.run { repository throws in
      let common = try repository.mergeBase(head, baseHead)
      let hasMerges = try repository.commits(from: common, to: head).contains {
        try repository.commit($0).parents.count > 1
      }
      guard hasMerges else {
        return try InMemoryRebase.rebase(
          head: head, onto: baseHead, committer: signature, in: repository)
      }
      switch try InMemoryMerge.tree(base: head, branch: baseHead, in: repository) {
      case .failure(let conflict): return .conflict(conflict.report)
      case .success(let tree):
        let text = CommitText(
          tree: tree, parents: [head, baseHead], author: signature, committer: signature,
          message: "Merge branch '\(base)'\n")
        let merged = try InMemoryMerge.commit(text, in: repository)
        return .clean(RebasedBranch(head: merged, mapping: [head: head]))
      }
    }
  }

  /// Moves the local branch along, and its worktree if there is one.
  private func moveBranch(_ task: TaskView, to new: ObjectID, from old: ObjectID) async throws {
    let worktree = worktree(of: task)
    if WorktreeStore.isWhole(worktree) {
      let repository = try Repository(at: worktree.path)
      if try repository.reference("HEAD") == new { return }
      return try worktree.move(to: new, from: old)
    }
    try await code.run { repository throws(GitError) in
      let name = "refs/heads/" + worktree.branch
      guard let current = try repository.reference(name), current != new else { return }
      try repository.setReference(name, to: new, expecting: current, log: "orch: moved base")
    }
  }

  private func copyNotes(_ mapping: [ObjectID: ObjectID]) async throws {
    let signature = signatureNow
    try await code.run { repository throws(GitError) in
      var lines: [ObjectID: [String]] = [:]
      for (old, new) in mapping where old != new {
        guard let note = try Notes.read(old, from: RefLayout.notes, in: repository) else {
          continue
        }
        lines[new] = note.split(separator: "\n").map(String.init)
      }
      try Notes.add(
        lines, to: RefLayout.notes, by: signature, message: "orch: provenance kept by a rebase",
        in: repository)
    }
  }

  private func recordConflict(
    _ task: TaskView, _ request: PullRequestView, _ report: ConflictReport, base: String,
    baseHead: ObjectID
  ) async throws {
    var request = request
    request.rebaseTries += 1
    request.status = .conflicted
    request.conflictFiles = report.files.map(\.path)
    let files = report.files.map { "\($0.path) (\($0.kind.rawValue))" }.joined(separator: ", ")
    let isLast = request.rebaseTries > options.limits.maxRebaseTries
    var change = TaskChange(isLast ? .needsReview : .pullRequestConflicted)
    if isLast { request.status = .escalated }
    change.reason =
      isLast
      ? "\(options.limits.maxRebaseTries) workers could not settle the conflict with '\(base)' in "
        + "\(files): which side should win?"
      : "conflicts with '\(base)' at \(baseHead.short()) in \(files)"
    change.fields = [
      "pr": request.json, "purpose": .string(AttemptPurpose.rebase.rawValue),
    ]
    try await tasks.record(task.id, change)
  }

  /// Runs the checks on a head that is on top of the base's head, and records the pair.
  func check(_ id: String, head: String, base: String) async throws {
    let task = try await task(id)
    guard task.status == .inReview, var request = task.pullRequest, request.head == head,
      let commit = ObjectID(hex: head)
    else { return }
    let worktree = worktree(of: task)
    try await code.run { repository throws(WorktreeError) in
      try WorktreeStore.create(worktree, at: commit, in: repository)
    }
    let failure = try await firstFailure(in: worktree)
    request.checkedHead = head
    request.checkedBase = base
    request.checksPassed = failure == nil
    request.failingCheck = failure?.name
    request.failureLog = failure?.log
    request.status = failure == nil ? .green : .failing
    var event = TaskEvent.checksPassed
    if failure != nil {
      request.repairTries += 1
      event = request.repairTries > options.limits.maxRepairTries ? .needsReview : .checksFailed
    }
    var change = TaskChange(event)
    if let failure {
      change.reason =
        event == .needsReview
        ? "'\(failure.name)' still fails after \(options.limits.maxRepairTries) repairs"
        : "check '\(failure.name)' failed"
      change.fields["purpose"] = .string(AttemptPurpose.repair.rawValue)
      change.detail = failure.name
    }
    change.fields["pr"] = request.json
    change.trailers = [.init("Orch-Code", head), .init("Orch-Base", base)]
    try await tasks.record(id, change)
  }

  private func firstFailure(in worktree: Worktree) async throws -> (name: String, log: String)? {
    let place = git.at(worktree.path)
    for check in options.checks {
      let lock = "\(folder.path)/locks/\(Naming.slug(check.lock))"
      let result = try await ShellCommand.run(
        check.command, in: worktree.path,
        environment: EnvironmentPolicy.environment(from: options.environment, type: "script"),
        timeoutSeconds: check.timeoutSeconds, lockFile: lock)
      // The tree was clean before: what a check leaves behind must not look like a worker's change.
      try await place.run(["checkout", "--quiet", "--", "."], accepting: [1])
      try await place.run(["clean", "-fdq"])
      guard result.exitCode != 0 else { continue }
      let end =
        result.timedOut
        ? "timed out after \(check.timeoutSeconds) s" : "exit code \(result.exitCode ?? -1)"
      return (check.name, "$ \(check.command)\n\(result.output)\n[\(end)]")
    }
    return nil
  }
}
