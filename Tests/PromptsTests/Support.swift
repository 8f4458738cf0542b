import Prompts

/// A first attempt with nothing but a title.
func minimalInput(kind: PromptKind = .implement) -> PromptInput {
  PromptInput(
    taskID: "a3b2c4", kind: kind, task: .init(title: "Fix the login"), branch: "orch/a3b2c4",
    base: "main", worktree: "/trees/a3b2c4", outputFile: ".orchestrator/output-a3b2c4.json")
}

/// What makes each part appear, with a text that only it has.
let rows: [(part: PromptPartName, text: String, give: @Sendable (inout PromptInput) -> Void)] = [
  (.profile, "backend-person", { $0.profile = PromptProfile(role: "backend-person") }),
  (
    .messages, "message-text",
    { $0.messages = [.init(name: "0001.md", sender: "ann", text: "message-text", isTrusted: true)] }
  ),
  (
    .conflict, "<<<<<<< hunk-text",
    { $0.conflict = .init(files: [.init(path: "a.swift", hunks: "<<<<<<< hunk-text")]) }
  ),
  (.failingCheck, "log-text", { $0.failingCheck = .init(name: "test", log: "log-text") }),
  (.lastError, "error-text", { $0.lastError = "error-text" }),
  (.errorHistory, "history-text", { $0.errorHistory = ["attempt 1: history-text"] }),
  (.priorRun, "checkpoint-text", { $0.checkpoint = "checkpoint-text" }),
  (
    .priorRun, "report-text",
    { $0.attemptReports = [.init(number: 1, agent: "codex", text: "report-text")] }
  ),
  (.toolCalls, "Read tool-text", { $0.toolCalls = ["Read tool-text"] }),
  (.gitDiff, "+diff-text", { $0.gitDiff = "+diff-text" }),
  (
    .children, "child-text",
    { $0.children = [.init(id: "c1", title: "Part", status: "done", summary: "child-text")] }
  ),
  (
    .parent, "parent-text",
    { $0.parent = .init(id: "p1", title: "Whole", summary: "parent-text") }
  ),
  (
    .neighbours, "path/neighbour-text",
    { $0.neighbours = [.init(id: "n1", title: "Other", files: ["path/neighbour-text"])] }
  ),
  (
    .issueComments, "comment-text",
    { $0.issueComments = [.init(author: "bob", association: "none", text: "comment-text")] }
  ),
  (.lessons, "lesson-text", { $0.lessons = [.init(id: "l1", text: "lesson-text")] }),
  (.skills, "skill-text", { $0.skills = [.init(id: "testing", body: "skill-text")] }),
  (
    .projectInstructions, "project-text",
    { $0.projectInstructions = [.init(path: "AGENTS.md", text: "project-text")] }
  ),
  (.repositoryTree, "Sources/tree-text", { $0.repositoryTree = "Sources/tree-text" }),
]

/// An input with every part.
func fullInput(kind: PromptKind = .implement) -> PromptInput {
  var input = minimalInput(kind: kind)
  input.attempt = 2
  input.task.body = "body-text"
  for row in rows { row.give(&input) }
  return input
}
