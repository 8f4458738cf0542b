public import Workflow
internal import Worktrees

extension TaskView {
  /// The branch at the remote that holds the work: a person's own where their pull request is watched.
  public var remoteBranch: String { branch ?? Naming.branch(task: id, title: title) }

  /// The branch in this repository that workers and checks use.
  ///
  /// It has a name of orch's where a person's pull request is watched: whoever has a branch of the same name here
  /// may have it checked out, or may have commits on it that are pushed nowhere.
  public var ownBranch: String {
    watches == nil ? remoteBranch : Naming.branch(task: id, title: "watched")
  }
}
