internal import Engine
internal import JSON
internal import Settings
internal import Workflow

/// Makes prompts of what the engine has collected.
struct PromptTexts: Sendable {
  private let requiredSkills: [String]

  init(_ session: Session) throws {
    requiredSkills = session.settings.workflow.requiredSkills
  }

  /// The prompt of an attempt.
  func prompt(_ material: PromptMaterial) throws -> PreparedPrompt {
    let task = material.task
    var parts: [(String, String)] = []
    parts.append(("Your place", rules(material)))
    parts.append(("Task", "\(task.title)\n\nkind: \(task.kind.rawValue)\n\n\(material.body)"))
    if let profile = task.route?.profile, !profile.role.isEmpty {
      parts.append(("Profile", profile.role))
    }
    if let error = task.attempts.last(where: { $0.error != nil })?.error {
      parts.append(("Last error", fenced(error)))
    }
    if let check = task.pullRequest?.failingCheck, material.purpose == .repair {
      parts.append(
        ("Failing check", "'\(check)' fails:\n\n" + fenced(task.pullRequest?.failureLog ?? "")))
    }
    if let files = task.pullRequest?.conflictFiles, material.purpose == .rebase {
      parts.append(
        (
          "Conflict",
          "A merge of '\(material.base)' is in progress in your worktree. In conflict: "
            + files.joined(separator: ", ") + ". Settle it, keep both sides' intent, and commit."
        ))
    }
    parts.append(("Earlier attempts", material.earlierRuns.joined(separator: "\n\n")))
    parts.append(("History", material.history.joined(separator: "\n")))
    parts.append(("Tool calls of earlier attempts", material.toolCalls.joined(separator: "\n")))
    parts.append(("Checkpoint", task.checkpoint ?? ""))
    parts.append(
      (
        "Uncommitted changes",
        material.uncommittedDiff.isEmpty ? "" : fenced(material.uncommittedDiff)
      ))
    if let parent = material.parent {
      let siblings = material.siblings.map { "- \($0.status.words): \($0.title)" }
      parts.append(
        (
          "Parent",
          parent.title + "\n\(parent.result?.summary ?? "")\n" + siblings.joined(separator: "\n")
        ))
    }
    let children = material.children.map {
      "- \($0.status.words): \($0.title): \($0.result?.summary ?? "")"
    }
    parts.append(("Children", children.joined(separator: "\n")))
    parts.append(("Neighbours", material.neighbours.joined(separator: "\n")))
    parts.append(("Messages", material.messages.joined(separator: "\n\n")))
    for instruction in material.instructions {
      parts.append((instruction.name, String(instruction.text.prefix(8000))))
    }
    parts.append(("Files", material.files.joined(separator: "\n")))
    let text = parts.filter { !$0.1.isEmpty }.map { "# \($0.0)\n\n\($0.1)\n" }
    return PreparedPrompt(text: text.joined(separator: "\n"), files: ["spec.md": material.body])
  }

  /// The routing question and its answer.
  var routing: RoutingText {
    RoutingText(
      question: { task, agents, models in
        """
        Choose which agent does this task. Answer with one JSON object and nothing else:
        {"executor": one of \(agents), "model": text or null, "reason": text,
         "profile": {"role": text, "skills": [], "tools": [], "constraints": []}, "skills": []}

        Models by tier: \(models)
        Task: \(task.title)
        \(task.body.prefix(4000))
        """
      },
      answer: { text, agents in
        guard let start = text.firstIndex(of: "{"), let end = text.lastIndex(of: "}"),
          let json = try? JSONValue(parsing: String(text[start...end])),
          let executor = json["executor"]?.string, agents.contains(executor)
        else { throw CommandError("the router's answer names none of the agents") }
        return Route(
          executor: executor, model: json["model"]?.string,
          reason: String((json["reason"]?.string ?? "").prefix(300)))
      })
  }

  private func rules(_ material: PromptMaterial) -> String {
    """
    You work in the git worktree \(material.worktree) on branch '\(material.branch)'. Commit your work there. \
    Never push, never commit to '\(material.base)', never create worktrees, never use rm (use trash).
    When you are done, write \(material.outputFile): one JSON object with status (done, in_progress, blocked, \
    needs_review), summary, reason, accomplished, remaining, blockers, files_changed, needs_help, and \
    delegations (each with title, body, labels, suggested_agent).
    This is attempt \(material.attempt), to \(material.purpose.rawValue).
    """
  }

  private func fenced(_ text: String) -> String {
    var fence = "```"
    while text.contains(fence) { fence += "`" }
    return "\(fence)\n\(text)\n\(fence)"
  }
}
