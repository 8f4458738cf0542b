/// The parts of a prompt, in the order in which they stand.
public enum PromptPartName: String, Sendable, CaseIterable {
  /// Role, rules, protocol.
  case system
  /// How to do this kind of task.
  case instructions
  /// How to go on where others stopped.
  case resume
  /// What is asked for.
  case task
  /// The specialist that the worker is.
  case profile
  /// Unread messages.
  case messages
  /// The conflict to settle.
  case conflict
  /// The check to repair.
  case failingCheck = "failing_check"
  /// Why the last attempt failed.
  case lastError = "last_error"
  /// The task's last events.
  case errorHistory = "error_history"
  /// Checkpoint and reports of earlier attempts.
  case priorRun = "prior_run"
  /// Tool calls of earlier attempts.
  case toolCalls = "tool_calls"
  /// Uncommitted changes.
  case gitDiff = "git_diff"
  /// Results of child tasks.
  case children
  /// Parent and siblings.
  case parent
  /// Files that other running tasks are changing.
  case neighbours
  /// Comments on the linked issue.
  case issueComments = "issue_comments"
  /// What was learned before.
  case lessons
  /// Skills in full.
  case skills
  /// `CLAUDE.md`, `AGENTS.md`, `README.md`.
  case projectInstructions = "project_instructions"
  /// Files of the branch.
  case repositoryTree = "repository_tree"

  /// True for the parts that come from templates and are never cut.
  public var isFixed: Bool {
    switch self {
    case .system, .instructions, .resume: true
    default: false
    }
  }

  /// The Markdown heading that the part begins with; fixed parts bring their own.
  var heading: String {
    switch self {
    case .system, .instructions, .resume: ""
    case .task: "# Task"
    case .profile: "# Your profile"
    case .messages: "# Messages to you"
    case .conflict: "# Conflict"
    case .failingCheck: "# Failing check"
    case .lastError: "# Last error"
    case .errorHistory: "# Error history"
    case .priorRun: "# Earlier run"
    case .toolCalls: "# Tool calls of earlier attempts"
    case .gitDiff: "# Changes"
    case .children: "# Results of the parts"
    case .parent: "# Parent and siblings"
    case .neighbours: "# Neighbours"
    case .issueComments: "# Comments on the issue"
    case .lessons: "# Lessons"
    case .skills: "# Skills"
    case .projectInstructions: "# Project instructions"
    case .repositoryTree: "# Repository"
    }
  }

  /// Which end is kept if the part is cut: the newest, where it grows.
  var keptEnd: TextCut.Kept {
    switch self {
    case .errorHistory, .toolCalls, .issueComments, .lastError: .tail
    default: .head
    }
  }

  /// The order in which parts give way when the whole is too large, least important first.
  static let sacrificeOrder: [PromptPartName] = [
    .repositoryTree, .toolCalls, .neighbours, .issueComments, .projectInstructions, .gitDiff,
    .parent, .errorHistory, .lessons, .children, .skills, .priorRun, .messages, .failingCheck,
    .conflict, .lastError, .profile, .task,
  ]
}
