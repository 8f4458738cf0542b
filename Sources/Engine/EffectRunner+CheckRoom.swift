internal import Git2
internal import GitCLI
internal import GitState
internal import Worktrees

extension EffectRunner {
  /// Makes sure that checks run on a worktree's commit and on nothing else; returns the commit's id.
  ///
  /// Throws `WorktreeError.dirty` if somebody works there: checks clean up behind themselves, and that must not
  /// hit work that is in no commit. What a check left whose orch was killed is kept under a reference and removed.
  func prepareForChecks(_ worktree: Worktree) async throws -> String {
    let place = git.at(worktree.path)
    let head = try await place.run(["rev-parse", "--verify", "HEAD"]).text
      .split(separator: "\n").joined()
    let status = try worktree.status()
    if !status.isClean {
      guard try worktree.isInStep(.checking), !status.isInOperation else {
        throw WorktreeError.dirty(path: worktree.path, files: status.changedFiles)
      }
      try await keepLeftovers(worktree)
      try await place.run(["reset", "--quiet", "--hard", head])
      try await place.run(["clean", "-fdq"])
    }
    try worktree.beginStep(.checking)
    return head
  }

  private func keepLeftovers(_ worktree: Worktree) async throws {
    guard let id = RecordID(worktree.name.dropFirst(Naming.administrativeName(task: "").count))
    else { return }
    let kept = try await worktree.snapshot(
      message: "orch: what checks that were cut off have left\n", by: signatureNow, git: gitRunner)
    let name = RefLayout.workInProgress(id, token: 0)
    try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      let old = try repository.reference(name)
      if old == kept.commit { return }
      try repository.setReference(name, to: kept.commit, expecting: old, log: "orch: checks")
    }
  }
}
