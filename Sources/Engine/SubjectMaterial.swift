internal import Agents
internal import Git2
internal import GitState
internal import Workflow

/// What a retrospective worker is given of the task that it looks back at.
public struct SubjectMaterial: Sendable {
  /// What one attempt was, did, and was told differently.
  public struct Report: Sendable, Hashable {
    /// The attempt's number.
    public var number: Int
    /// The agent that made it.
    public var agent: String
    /// The report.
    public var text: String
  }

  /// The attempts, oldest first.
  public var reports: [Report] = []
  /// The instructions of the compared attempts, as files for the worktree's protocol folder.
  public var files: [String: String] = [:]

  /// Nothing.
  init() {}
}

extension EffectRunner {
  /// The most attempts of a task that are reported.
  static let maximumReports = 8
  /// The most bytes of differing instructions in a report.
  static let maximumDifferenceBytes = 3000

  /// Adds what is known of the task that a retrospective looks back at.
  func addSubject(
    _ subject: TaskView, of task: TaskView, to material: inout PromptMaterial
  ) async throws {
    var found = SubjectMaterial()
    var earlier: String?
    for attempt in subject.attempts.suffix(Self.maximumReports) {
      var text = "Task: \(subject.title)\n" + Self.recap(attempt)
      if !attempt.lessons.isEmpty {
        text +=
          "\nIt was told the lessons "
          + attempt.lessons.map { String($0.prefix(6)) }.joined(separator: ", ")
      }
      if let instructions = instructions(of: subject, attempt) {
        found.files[Self.instructionFile(attempt.number)] = instructions
        if let earlier {
          text +=
            "\nIts instructions differed from those of the attempt before:\n"
            + Self.difference(earlier, instructions)
        }
        earlier = instructions
      }
      found.reports.append(
        .init(number: attempt.number, agent: attempt.agent, text: text))
    }
    if let result = subject.result, !found.reports.isEmpty {
      found.reports[found.reports.count - 1].text += "\nIts result: \(result.summary)"
    }
    if let check = subject.pullRequest?.failureLog {
      found.reports[0].text += "\nThe checks refused its work:\n\(check.suffix(2000))"
    }
    material.subject = found
    material.history = try await history(of: subject)
    let told = Set(subject.attempts.flatMap(\.lessons))
    material.lessons = try await LessonStore(
      tasks.state, trusting: options.trustedHosts
    ).all().filter { told.contains($0.id) && $0.retiredBecause == nil }
  }

  private func instructions(of task: TaskView, _ attempt: Attempt) -> String? {
    WorkerMonitor(directory: folder.runDirectory(task: task.id, token: attempt.token))
      .storedText("prompt.md")
  }

  /// The lines that one text has and another has not, bounded.
  static func difference(_ old: String, _ new: String) -> String {
    let oldLines = old.split(separator: "\n", omittingEmptySubsequences: false)
    let newLines = new.split(separator: "\n", omittingEmptySubsequences: false)
    let changes = (try? Repository.lineChanges(from: Array(old.utf8), to: Array(new.utf8))) ?? []
    var lines: [String] = []
    for change in changes {
      lines += change.old.clamped(to: oldLines.indices).map { "- " + oldLines[$0] }
      lines += change.new.clamped(to: newLines.indices).map { "+ " + newLines[$0] }
    }
    return TextBound.prefix(lines.joined(separator: "\n"), bytes: maximumDifferenceBytes)
  }
}
