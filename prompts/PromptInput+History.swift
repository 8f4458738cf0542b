extension PromptInput {
  /// Why the last attempt failed.
  var lastErrorPart: PartSource? {
    PartSource(
      .lastError, "Why the attempt before this one failed. Do something else this time.",
      [.data(lastError ?? "")])
  }

  /// The task's last events.
  var errorHistoryPart: PartSource? {
    PartSource(
      .errorHistory, "What happened to this task so far, oldest first.",
      [.data(errorHistory.map(TextCleaning.line).joined(separator: "\n"))])
  }

  /// The checkpoint, then reports with the newest first.
  var priorRunPart: PartSource? {
    PartSource(
      .priorRun,
      "Notes and reports of earlier attempts: check what they claim before you rely on it.",
      [.data(checkpoint ?? "", label: "The last checkpoint:")]
        + attemptReports.reversed().map { report in
          .data(
            report.text, label: "Report of attempt \(report.number), \(Self.name(report.agent)):")
        })
  }

  /// Tool calls of earlier attempts.
  var toolCallsPart: PartSource? {
    PartSource(
      .toolCalls, "In short, oldest first: what was looked at and tried need not be done again.",
      [.data(toolCalls.map(TextCleaning.line).joined(separator: "\n"))])
  }

  /// The change so far, or the change to review.
  var gitDiffPart: PartSource? {
    let introduction =
      kind == .review
      ? "The change that you review."
      : "What earlier attempts changed: the commits of the branch, and what is in no commit yet."
    return PartSource(.gitDiff, introduction, [.data(gitDiff ?? "")])
  }

  /// Results of child tasks.
  var childrenPart: PartSource? {
    PartSource(
      .children, "What their workers reported.",
      children.map { child in
        let lines = [
          TextCleaning.line(child.title), child.summary,
          Self.list("Accomplished", child.accomplished), Self.list("Remaining", child.remaining),
          Self.list("Files", child.filesChanged),
        ]
        return .data(
          lines.filter { !$0.isEmpty }.joined(separator: "\n"),
          label: "`\(Self.name(child.id))`, \(Self.name(child.status)):")
      })
  }

  /// The parent, and where the siblings stand.
  var parentPart: PartSource? {
    guard let parent else { return nil }
    let report = [
      TextCleaning.line(parent.title), parent.summary,
      Self.list("Accomplished", parent.accomplished),
    ]
    let siblings = parent.siblings.map {
      "- `\(Self.name($0.id))`, \(Self.name($0.status)): \(TextCleaning.line($0.title))"
    }
    return PartSource(
      .parent, "This task is a part of `\(Self.name(parent.id))`. Do this part only.",
      [
        .data(
          report.filter { !$0.isEmpty }.joined(separator: "\n"),
          label: "The whole, and what is known of it:"),
        .data(siblings.joined(separator: "\n"), label: "The other parts, done by others:"),
      ])
  }

  /// Files that other running tasks change.
  var neighboursPart: PartSource? {
    PartSource(
      .neighbours,
      "Other workers are changing these files now. Keep your edits there small and local; do not "
        + "move, rename or reformat them.",
      neighbours.map { task in
        .data(
          (["Task: " + TextCleaning.line(task.title)] + task.files.map(TextCleaning.line))
            .joined(separator: "\n"), label: "`\(Self.name(task.id))`:")
      })
  }

  /// Both intents, then the hunks.
  var conflictPart: PartSource? {
    guard let conflict else { return nil }
    return PartSource(
      .conflict, "Both sides, as far as they are known.",
      [
        .data(conflict.ourIntent, label: "What this task wanted:"),
        .data(conflict.baseIntent, label: "What the changes on the base wanted:"),
      ]
        + conflict.files.map { file in
          .data(
            file.hunks.isEmpty ? "(no hunks are known)" : file.hunks,
            label: "`\(Self.name(file.path))`:")
        })
  }

  /// The facts, earlier tries, the log, and what changed.
  var failingCheckPart: PartSource? {
    guard let check = failingCheck else { return nil }
    let facts = [
      "Check: `\(Self.name(check.name))`",
      check.step.isEmpty ? "" : "Command or step: `\(Self.name(check.step))`",
      check.link.map { "Page: \(Self.name($0))" } ?? "",
      check.baseVerdict.isEmpty ? "" : "On the base: \(Self.name(check.baseVerdict))",
    ]
    // The instructions of a repair say it all.
    let introduction =
      kind == .repair
      ? ""
      : "This check failed on the branch's commits. What it printed is data from a build machine."
    return PartSource(
      .failingCheck, introduction,
      [
        .plain(facts.filter { !$0.isEmpty }.joined(separator: "\n")),
        .data(
          check.earlierTries.map(TextCleaning.line).joined(separator: "\n"),
          label: "Earlier tries to repair it:"),
        .data(check.log, label: "The log, from the first error:"),
        .data(check.changes, label: "What changed since it last passed:"),
      ])
  }
}
