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
      if let operation = status.operation {
        throw WorktreeError.unfinished(path: worktree.path, operation)
      }
      guard try worktree.isInStep(.checking) else {
        throw WorktreeError.dirty(path: worktree.path, files: status.changedFiles)
      }
      try await keepLeftovers(worktree, since: head)
      try await place.run(["reset", "--quiet", "--hard", head])
      try await place.run(["clean", "-fdq"])
    }
    try worktree.beginStep(.checking)
    return head
  }

  /// Keeps what stands in a worktree after a check and is not of a commit, on this machine.
  func keepLeftovers(_ worktree: Worktree, since head: String) async throws {
    guard let id = Self.task(of: worktree) else { return }
    let now = try await git.at(worktree.path).run(
      ["rev-parse", "--verify", "--quiet", "HEAD"], accepting: [1, 128]
    ).text.split(separator: "\n").joined()
    if now == head, try worktree.status().isClean { return }
    let kept = try await worktree.snapshot(
      message: "orch: what stood in the worktree after its checks\n", by: signatureNow,
      git: gitRunner)
    try keep(kept.commit, as: RefLayout.leftovers(id))
  }

  /// The task of a worktree; nil for that of a batch.
  private static func task(of worktree: Worktree) -> RecordID? {
    RecordID(worktree.name.dropFirst(Naming.administrativeName(task: "").count))
  }
}
