/// How many bytes each part of a prompt, and all of it, may take.
public struct PromptBudgets: Sendable, Equatable {
  /// The whole prompt: below the 131,072 bytes that Linux takes as one argument.
  public static let defaultTotalBytes = 120_000
  /// What is asked for.
  public static let defaultTaskBytes = 24_000
  /// The specialist that the worker is.
  public static let defaultProfileBytes = 2_000
  /// Unread messages.
  public static let defaultMessagesBytes = 8_000
  /// The conflict to settle.
  public static let defaultConflictBytes = 12_000
  /// The check to repair.
  public static let defaultFailingCheckBytes = 12_000
  /// Why the last attempt failed.
  public static let defaultLastErrorBytes = 6_000
  /// The task's last events.
  public static let defaultErrorHistoryBytes = 4_000
  /// Checkpoint and reports of earlier attempts.
  public static let defaultPriorRunBytes = 8_000
  /// Tool calls of earlier attempts.
  public static let defaultToolCallsBytes = 4_000
  /// Uncommitted changes.
  public static let defaultGitDiffBytes = 12_000
  /// Results of child tasks.
  public static let defaultChildrenBytes = 8_000
  /// Parent and siblings.
  public static let defaultParentBytes = 4_000
  /// Files that other running tasks are changing.
  public static let defaultNeighboursBytes = 2_000
  /// Comments on the linked issue.
  public static let defaultIssueCommentsBytes = 8_000
  /// What was learned before.
  public static let defaultLessonsBytes = 4_096
  /// Skills in full.
  public static let defaultSkillsBytes = 12_000
  /// Instructions of the project.
  public static let defaultProjectInstructionsBytes = 16_000
  /// Files of the branch.
  public static let defaultRepositoryTreeBytes = 6_000
  /// The least that is left of a part before any other is left out altogether.
  static let floorBytes = 512

  /// The whole prompt, in bytes.
  public var totalBytes: Int
  /// Budgets that differ from the default, in bytes; 0 leaves the part out.
  public var bytes: [PromptPartName: Int]

  /// The defaults, with other budgets by the part's name; names that are no parts are ignored.
  public init(totalBytes: Int = defaultTotalBytes, overrides: [String: Int] = [:]) {
    self.totalBytes = totalBytes
    bytes = [:]
    for (name, size) in overrides {
      if let part = PromptPartName(rawValue: name), !part.isFixed { bytes[part] = max(0, size) }
    }
  }

  /// The budget of a part, in bytes.
  public func budget(of part: PromptPartName) -> Int {
    bytes[part] ?? Self.defaultBytes(of: part)
  }

  /// The default budget of a part, in bytes; fixed parts have no bound of their own.
  public static func defaultBytes(of part: PromptPartName) -> Int {
    switch part {
    case .system, .instructions, .resume: Int.max
    case .task: defaultTaskBytes
    case .profile: defaultProfileBytes
    case .messages: defaultMessagesBytes
    case .conflict: defaultConflictBytes
    case .failingCheck: defaultFailingCheckBytes
    case .lastError: defaultLastErrorBytes
    case .errorHistory: defaultErrorHistoryBytes
    case .priorRun: defaultPriorRunBytes
    case .toolCalls: defaultToolCallsBytes
    case .gitDiff: defaultGitDiffBytes
    case .children: defaultChildrenBytes
    case .parent: defaultParentBytes
    case .neighbours: defaultNeighboursBytes
    case .issueComments: defaultIssueCommentsBytes
    case .lessons: defaultLessonsBytes
    case .skills: defaultSkillsBytes
    case .projectInstructions: defaultProjectInstructionsBytes
    case .repositoryTree: defaultRepositoryTreeBytes
    }
  }
}
