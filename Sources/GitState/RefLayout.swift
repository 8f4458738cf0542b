/// Every reference name that orch writes.
///
/// git servers refuse names with one component after `refs/`, so what people type is an alias.
public enum RefLayout {
  /// The state branch; the same name here and on the remote.
  public static let state = "refs/orch/state"
  /// What people type: a symbolic reference to the state branch.
  public static let alias = "refs/orchestrator"
  /// Provenance of code commits.
  public static let notes = "refs/notes/orchestrator"
  /// Where something that stood in the place of the notes and was none is kept.
  public static let brokenNotes = "refs/orch/broken/notes"
  /// Tracking references live here, never under `refs/remotes/`, where `fetch --prune` removes them.
  public static let tracking = "refs/orch/remotes/"

  /// Where a remote's branch is tracked.
  public static func trackedBranch(_ branch: String, of remote: String) -> String {
    "\(tracking)\(remote)/heads/\(branch)"
  }

  /// Below it, code checkpoints: each has one writer.
  public static let workInProgress = "refs/orch/wip/"

  /// The code checkpoint of an attempt: the worktree's state, uncommitted work included.
  public static func workInProgress(_ task: RecordID, token: Int) -> String {
    "\(workInProgress)\(task)/\(token)"
  }

  /// Below it, what stood in worktrees after checks: of this machine alone, pushed nowhere.
  public static let leftovers = "refs/orch/left/"

  /// What stood in a task's worktree after its checks.
  public static func leftovers(_ task: RecordID) -> String { "\(leftovers)\(task)" }
}

extension RefLayout {
  /// Below it, the claims of live tasks at the arbiter.
  public static let claims = "refs/orch/claims/"
  /// Below it, tasks that were filed with git alone: any object with a text, deleted when it was taken in.
  public static let inbox = "refs/orch/inbox/"
  /// Below it, one reference a job: which machine runs its command for which time.
  public static let jobs = "refs/orch/jobs/"
  /// The mark of the remote that keeps the claims.
  public static let arbiter = "refs/orch/arbiter"
  /// Below it, the heartbeats of hosts at the arbiter.
  public static let hosts = "refs/orch/hosts/"

  /// The claim of a task.
  public static func claim(_ task: RecordID) -> String { claims + task.text }

  /// The heartbeat of a host.
  public static func heartbeat(_ host: String) -> String { hosts + host }

  /// Where a host's heartbeat is kept as it was last seen at a remote.
  public static func trackedHeartbeat(_ host: String, of remote: String) -> String {
    "\(tracking)\(remote)/hosts/\(host)"
  }
}
