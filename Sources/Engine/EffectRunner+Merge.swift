internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Merges a head that was checked on top of the base's head.
  func merge(_ task: TaskView, _ pair: CommitPair) async throws {
    guard let request = task.pullRequest, request.pair == pair, let base = task.base else { return }
    // A worker that gave every change up leaves nothing to merge.
    if pair.head == pair.base { return try await recordMerge(task, as: pair.base, into: base) }
    // A forge looks at the head only; that the base is the one that was checked, orch sees itself.
    if !place.runsChecks {
      guard try await remoteHeads()[base] == pair.base else { return }
    }
    // What was merged on a plain remote is seen in git; a forge is told of first, so that it is asked again.
    if !place.runsChecks, request.status != .merging {
      guard try await note(task, [.mergeStarted(pair)]) else { return }
    }
    guard request.isMergeable(pair) else { return }
    if let head = ObjectID(hex: pair.head), let baseHead = ObjectID(hex: pair.base),
      try await formerBase(of: task, head, onto: baseHead) != nil
    {
      return try await rebase(task, pair)
    }
    try await secure(task.id)
    // What others have said meanwhile came with the state: a task that was cancelled, a push, an objection.
    guard try await isStillWanted(task, pair) else { return }
    let order = PlaceMerge(pair: pair, method: options.mergeMethod, message: mergeText(task))
    switch try await place.merge(watched(task), order) {
    case .merged(let commit):
      if options.mergeMethod == .squash { try await noteSquash(task, commit, pair) }
      try await recordMerge(task, as: commit, into: base)
    case .queued where request.status == .merging:
      // It was on its way already, so the queue gave it back in between: that counts as a refusal.
      let reason = "the merge queue gave it back"
      try await note(task, [.mergeRefused(pair, reason: reason), .mergeStarted(pair)])
    case .queued, .tooLate: break
    case .refused(let reason):
      let begun: [PullRequestEvent] = place.runsChecks ? [.mergeStarted(pair)] : []
      try await note(task, begun + [.mergeRefused(pair, reason: reason)])
    }
  }

  /// True if a task's pull request may be merged as the newest state has it, and is this machine's to merge.
  private func isStillWanted(_ task: TaskView, _ pair: CommitPair) async throws -> Bool {
    guard let shared, let id = RecordID(task.id) else { return true }
    let newest = try await self.task(task.id)
    guard newest.status == task.status, newest.generation == task.generation,
      newest.pullRequest?.isMergeable(pair) == true
    else { return false }
    guard await shared.keeper.mayWork(id) else { throw ClaimError.suspended(task: task.id) }
    return true
  }

  private func mergeText(_ task: TaskView) -> PullRequestText {
    let mark = "Orch-Task: \(task.id)"
    switch options.mergeMethod {
    case .merge, .rebase:
      return PullRequestText(
        title: "Merge branch '\(task.remoteBranch)'", body: "\(task.title)\n\n\(mark)")
    case .squash:
      let summary = task.result?.summary ?? ""
      return PullRequestText(
        title: task.title, body: summary.isEmpty ? mark : "\(summary)\n\n\(mark)")
    }
  }

  /// A squashed commit gets the notes of the commits that it is made of.
  private func noteSquash(_ task: TaskView, _ commit: String, _ pair: CommitPair) async throws {
    guard let merged = ObjectID(hex: commit), let head = ObjectID(hex: pair.head),
      let base = ObjectID(hex: pair.base)
    else { return }
    let signature = signatureNow
    try await noting { repository throws(GitError) in
      var lines: [String] = []
      for commit in try repository.commits(from: base, to: head) {
        let note = try Notes.read(commit, from: RefLayout.notes, in: repository) ?? ""
        lines += note.split(separator: "\n").map(String.init)
      }
      guard !lines.isEmpty else { return }
      try Notes.add(
        [merged: lines], to: RefLayout.notes, by: signature,
        message: "orch: provenance of \(task.id.prefix(6))", in: repository)
    }
  }

  /// Records that a task's work is part of the base.
  func recordMerge(_ task: TaskView, as commit: String, into base: String? = nil) async throws {
    try await note(task, [.merged(as: commit)]) { _, change in
      change.detail = (base ?? task.base).map { "into \($0)" }
      change.reason = task.result?.summary
    }
  }
}
