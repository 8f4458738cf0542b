/// Everything that a prompt is made of; what is empty or nil is left out of it.
public struct PromptInput: Sendable, Equatable {
  /// The task's id as people see it.
  public var taskID: String
  /// What the worker is started for.
  public var kind: PromptKind
  /// The attempt's number, from 1.
  public var attempt = 1
  /// The task's branch.
  public var branch: String
  /// The branch that it is merged into.
  public var base: String
  /// What git calls the fresh base in this worktree: `origin/main`, or a commit.
  public var baseRef: String
  /// The worktree's path.
  public var worktree: String
  /// The result file that the worker writes.
  public var outputFile: String
  /// The folder of exchanged files, as the worker names it.
  public var stateDirectory: String
  /// What is asked for.
  public var task: Task
  /// The specialist that the worker is.
  public var profile = PromptProfile()
  /// The task's last events, oldest first, one line each.
  public var errorHistory: [String] = []
  /// Why the last attempt failed.
  public var lastError: String?
  /// Comments on the linked issue, oldest first.
  public var issueComments: [Comment] = []
  /// Where a worker said that it stood.
  public var checkpoint: String?
  /// What earlier attempts reported, oldest first.
  public var attemptReports: [AttemptReport] = []
  /// Tool calls of earlier attempts, oldest first, one line each.
  public var toolCalls: [String] = []
  /// Files of the branch, one path a line.
  public var repositoryTree: String?
  /// `CLAUDE.md`, `AGENTS.md`, `README.md`, as far as they exist.
  public var projectInstructions: [ProjectFile] = []
  /// The selected skills.
  public var skills: [Skill] = []
  /// The task that this one is a part of.
  public var parent: Parent?
  /// What became of the parts.
  public var children: [Child] = []
  /// Uncommitted changes in the worktree, or the changes to review.
  public var gitDiff: String?
  /// Lessons that apply, best first.
  public var lessons: [Lesson] = []
  /// Unread messages, oldest first.
  public var messages: [Message] = []
  /// Other running tasks that change the same files.
  public var neighbours: [Neighbour] = []
  /// The conflict to settle.
  public var conflict: Conflict?
  /// The check to repair.
  public var failingCheck: FailingCheck?

  /// A first attempt with nothing but its task; `baseRef` is the base unless it is given.
  public init(
    taskID: String, kind: PromptKind, task: Task, branch: String, base: String, worktree: String,
    outputFile: String, stateDirectory: String = ".orchestrator", baseRef: String? = nil
  ) {
    self.taskID = taskID
    self.kind = kind
    self.task = task
    self.branch = branch
    self.base = base
    self.baseRef = baseRef ?? base
    self.worktree = worktree
    self.outputFile = outputFile
    self.stateDirectory = stateDirectory
  }
}
