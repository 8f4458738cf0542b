/// The variables of a worker's templates, besides the parts of the prompt.
enum PromptVariable: String, CaseIterable {
  /// The task's id.
  case taskID = "task_id"
  /// What the worker is started for.
  case kind
  /// The attempt's number.
  case attempt
  /// The task's branch.
  case branch
  /// The branch that it is merged into.
  case base
  /// What git calls the fresh base.
  case baseRef = "base_ref"
  /// The worktree's path.
  case worktree
  /// The folder of exchanged files.
  case stateDirectory = "state_dir"
  /// The result file.
  case outputFile = "output_file"
  /// The linked issue's number; empty without one.
  case issue
  /// Required skills by name; empty without any.
  case requiredSkills = "required_skills"
  /// The JSON schema of the result.
  case outputSchema = "output_schema"
  /// Files in conflict.
  case conflictFiles = "conflict_files"
  /// The check that fails.
  case checkName = "check_name"
  /// How many attempts there were before; empty at the first.
  case earlierAttempts = "earlier_attempts"
  /// The task's parts; empty without any.
  case childIDs = "child_ids"

  /// All names.
  static var names: [String] { allCases.map(\.rawValue) }

  /// The value in a prompt; empty if there is none.
  func value(_ input: PromptInput) -> String {
    switch self {
    case .taskID: input.taskID
    case .kind: input.kind.rawValue
    case .attempt: String(input.attempt)
    case .branch: input.branch
    case .base: input.base
    case .baseRef: input.baseRef
    case .worktree: input.worktree
    case .stateDirectory: input.stateDirectory
    case .outputFile: input.outputFile
    case .issue: input.task.issue.map(String.init) ?? ""
    case .requiredSkills: Self.list(input.skills.filter(\.isRequired).map(\.id))
    case .outputSchema: TextCleaning.clean(PromptTemplates.outputSchema).trimmed
    case .conflictFiles:
      Self.list(input.conflict?.files.map(\.path) ?? [], none: "the files that git names")
    case .checkName: input.failingCheck.map { PromptInput.name($0.name) } ?? "named below"
    case .earlierAttempts: input.attempt > 1 ? String(input.attempt - 1) : ""
    case .childIDs: Self.list(input.children.map(\.id))
    }
  }

  /// The most names in a list before it says how many more there are.
  private static let longestList = 20

  private static func list(_ names: [String], none: String = "") -> String {
    guard !names.isEmpty else { return none }
    let shown = names.prefix(longestList).map { "`\(PromptInput.name($0))`" }
    let more = names.count - shown.count
    return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}
