extension EngineError {
  /// The error as a short sentence for a task's reason.
  var sentence: String {
    switch self {
    case .noRemote(let remote): "the repository has no remote '\(remote)'"
    case .noDefaultBranch(let remote): "the remote '\(remote)' has no default branch"
    case .noSuchBase(let branch, let remote): "the remote '\(remote)' has no branch '\(branch)'"
    case .noSuchIssue(let number):
      "issue #\(number) is not there, or not visible to the token ('orch task edit ID --issue NUMBER' names another)"
    case .alreadyRunning(let holder): "orch runs already: \(holder)"
    case .waitsForRemote(let remote, let tasks, _):
      "\(tasks.count) tasks wait for the remote '\(remote)', which cannot be reached"
    case .branchMoved(let branch): "someone else pushed to '\(branch)'"
    case .renamed(let name): "this machine is called '\(name)' now"
    }
  }
}
