internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Merges a head that was checked on top of the base's head; the server compares and swaps the base.
  func merge(_ id: String, head: String, base: String) async throws {
    let task = try await task(id)
    guard let request = task.pullRequest, request.head == head, let branch = task.base,
      let commit = ObjectID(hex: head), let baseHead = ObjectID(hex: base)
    else { return }
    // A worker that gave every change up leaves nothing to merge.
    if commit == baseHead { return try await recordMerge(task, as: baseHead, into: branch) }
    let merged = try await mergeCommit(task, head: commit, base: baseHead, branch: branch)
    let name = "refs/heads/" + branch
    let outcomes = try await push(
      [PushUpdate(merged.hex, to: name, expecting: .object(base))], for: id)
    // Refused: the base moved meanwhile. The next look sees it, and the branch is rebased first.
    if case .rejected = outcomes[name] { return }
    if options.mergeMethod == .squash { try await noteSquash(task, merged, head: commit, baseHead) }
    try await recordMerge(task, as: merged, into: branch)
  }

  private func mergeCommit(
    _ task: TaskView, head: ObjectID, base: ObjectID, branch: String
  ) async throws -> ObjectID {
    let method = options.mergeMethod
    if method == .rebase { return head }
    let signature = signatureNow
    let name = worktree(of: task).branch
    return try await code.run { repository throws in
      let tree = try repository.commit(head).tree
      let message =
        method == .merge
        ? "Merge branch '\(name)'\n\n\(task.title)\n\nOrch-Task: \(task.id)\n"
        : "\(task.title)\n\n\(task.result?.summary ?? "")\n\nOrch-Task: \(task.id)\n"
      let text = CommitText(
        tree: tree, parents: method == .merge ? [base, head] : [base], author: signature,
        committer: signature, message: message)
      return try InMemoryMerge.commit(text, in: repository)
    }
  }

  /// A squashed commit gets the notes of the commits that it is made of.
  private func noteSquash(
    _ task: TaskView, _ merged: ObjectID, head: ObjectID, _ base: ObjectID
  ) async throws {
    let signature = signatureNow
    try await code.run { repository throws(GitError) in
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
  func recordMerge(_ task: TaskView, as commit: ObjectID, into base: String) async throws {
    guard var request = task.pullRequest else { return }
    request.status = .merged
    request.mergedAs = commit.hex
    var change = TaskChange(.merged)
    change.fields["pr"] = request.json
    change.detail = "into \(base)"
    change.reason = task.result?.summary
    change.trailers = [.init("Orch-Code", commit.hex)]
    try await tasks.record(task.id, change)
  }
}
