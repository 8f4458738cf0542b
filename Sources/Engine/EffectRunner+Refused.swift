internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

/// Commits of workers that nobody could check out or clone whole: they are told of, and pushed nowhere.
extension EffectRunner {
  /// True if a commit of the worker holds a name that git refuses: its branch goes back to before that commit.
  ///
  /// What it had is kept on this machine alone, and the files stay as they are.
  func setAsideRefused(
    _ task: TaskView, _ worktree: Worktree, _ collected: inout Collected
  ) async throws -> Bool {
    guard let head = try await branchHead(worktree), let id = RecordID(task.id) else {
      return false
    }
    guard let found = try await refused(in: head, of: task) else { return false }
    let published = try await published(task)
    guard let safe = found.parent ?? published.first else { return false }
    let kept = RefLayout.leftovers(id)
    try keep(head, as: kept)
    try await goBack(worktree, to: safe)
    collected.head = nil
    collected.commits = []
    collected.failure = .checksFailed
    collected.error =
      "commit \(found.commit.short()) ('\(found.subject)') adds '\(found.path)': \(found.problem). "
      + "It was not pushed, and the branch is back at \(safe.short()): what was committed since is kept as "
      + "\(kept), and what is in the files is there, uncommitted. Commit it anew without that name."
    return true
  }

  /// What git refuses of the commits that a task's workers made, up to one of them.
  func refused(
    in head: ObjectID, of task: TaskView
  ) async throws -> CommitInspection.Refused? {
    let published = try await published(task)
    return try await code.run { repository throws -> CommitInspection.Refused? in
      try repository.refreshObjects()
      return try CommitInspection.refused(in: head, notIn: published, in: repository)
    }
  }

  /// Puts a worktree's branch and index where they were, without touching a file.
  private func goBack(_ worktree: Worktree, to commit: ObjectID) async throws {
    // Hooks and watchers that the worker put there must not be run.
    let careful = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    let place = git.at(worktree.path)
    if try Repository(at: worktree.path).isInOperation {
      for operation in ["rebase", "merge", "cherry-pick", "revert"] {
        try await place.run(careful + [operation, "--quit"], accepting: [1, 128])
      }
      try await place.run(careful + ["symbolic-ref", "HEAD", "refs/heads/\(worktree.branch)"])
    }
    try await place.run(careful + ["reset", "--quiet", "--mixed", commit.hex])
    try await code.run { repository throws(GitError) in try repository.refreshObjects() }
  }

  /// Makes a failure of an attempt whose work is not whole: what it left or committed reaches no other clone.
  func refuseIncomplete(_ collected: inout Collected) async throws {
    guard collected.outcome == .succeeded else { return }
    if let path = collected.refused.first {
      return collected.fail(
        .checksFailed,
        "'\(path)' is left uncommitted: rename or delete it, as git takes no such name into a commit or checkout"
      )
    }
    guard let head = collected.head, let base = collected.base else { return }
    let added = try await code.run { repository throws -> [String] in
      try repository.refreshObjects()
      return try CommitInspection.newSubmodules(in: head, since: base, in: repository)
    }
    if added.isEmpty { return }
    let named = try await submodulePaths(in: head)
    guard let path = added.first(where: { !named.contains($0) }) else { return }
    collected.fail(
      .checksFailed,
      "the branch adds '\(path)' as a submodule, and '.gitmodules' has no 'path = \(path)': a clone would have an "
        + "empty folder there, and nobody the repository in it. If its files belong here, 'git rm --cached \(path)', "
        + "move its '.git' away and add the files; if it is a submodule, 'git submodule add URL \(path)'; if it is "
        + "neither, 'git rm --cached \(path)' and leave it out of the commits.")
  }

  /// The places of submodules that a commit's `.gitmodules` names.
  private func submodulePaths(in commit: ObjectID) async throws -> Set<String> {
    let found = try await git.run(
      [
        "config", "--blob", "\(commit.hex):.gitmodules", "--null", "--get-regexp",
        "^submodule\\..*\\.path$",
      ], accepting: [1, 128])
    guard found.exitCode == 0 else { return [] }
    return Set(
      found.text.split(separator: "\0").compactMap {
        $0.split(separator: "\n", maxSplits: 1).last.map(String.init)
      })
  }
}
