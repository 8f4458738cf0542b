internal import Git2
internal import GitState
internal import Workflow
internal import Worktrees

/// A conflict with the base as a prompt shows it.
public struct ConflictMaterial: Sendable, Hashable {
  /// A file in conflict.
  public struct File: Sendable, Hashable {
    /// Its path.
    public var path: String
    /// The kind of conflict, the text with its markers, and the changes of both sides by name.
    public var text: String
  }

  /// The files.
  public var files: [File]
  /// The commits of the base that took part, one line each, with the tasks that they were made for.
  public var baseChanges: [String]
}

extension EffectRunner {
  /// The most changes of a file in conflict that a prompt names.
  static let maximumNamedHunks = 60

  /// What is in conflict between a pull request's head and the fetched base; nil if they fit by now.
  func conflictMaterial(
    _ task: TaskView, base: String, among views: [String: TaskView]
  ) async throws -> ConflictMaterial? {
    guard let head = task.pullRequest.flatMap({ ObjectID(hex: $0.head) }) else { return nil }
    let tracking = RefLayout.trackedBranch(base, of: options.remote)
    let recorded = recordedBases(of: task)
    return try await code.run { repository throws -> ConflictMaterial? in
      try repository.refreshObjects()
      guard let baseHead = try repository.reference(tracking), repository.contains(head) else {
        return nil
      }
      let former = try Self.formerBase(recorded, of: head, onto: baseHead, in: repository)
      guard
        case .conflict(let report) = try self.verdict(
          on: head, onto: baseHead, since: former, in: repository)
      else { return nil }
      let audit = try ResolutionAudit.audit(
        ancestor: former, ours: baseHead, theirs: head, resolved: baseHead, in: repository)
      let hunks = Dictionary(grouping: audit.entries.map(\.hunk), by: \.path)
      return ConflictMaterial(
        files: report.files.map { Self.file($0, hunks: hunks[$0.path] ?? []) },
        baseChanges: try Self.changes(report, views, in: repository))
    }
  }

  private static func file(_ file: ConflictFile, hunks: [SideHunk]) -> ConflictMaterial.File {
    var text = file.kind.rawValue + (file.detail.isEmpty ? "" : ": \(file.detail)") + "\n"
    if let merged = file.text { text += merged }
    if !hunks.isEmpty {
      text += "\nChanges to account for:\n"
      text += hunks.prefix(maximumNamedHunks).map { ResolutionText.line($0) + "\n" }.joined()
    }
    return .init(path: file.path, text: text)
  }

  private static func changes(
    _ report: ConflictReport, _ views: [String: TaskView], in repository: borrowing Repository
  ) throws -> [String] {
    var lines: [String] = []
    var seen: Set<ObjectID> = []
    for id in report.files.flatMap(\.baseCommits) where seen.insert(id).inserted {
      guard lines.count < 20 else { break }
      let commit = try repository.commit(id)
      let name = commit.message.split(separator: "\n").last { $0.hasPrefix("Orch-Task: ") }
        .map { String($0.dropFirst(11)) }
      let owner = name.flatMap { views[$0] }.map { " (task \($0.id.prefix(6)): \($0.title))" }
      lines.append("\(id.short()) \(commit.subject)" + (owner ?? ""))
    }
    return lines
  }
}
