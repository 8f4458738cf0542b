extension PromptInput {
  /// A conflict with the base.
  public struct Conflict: Sendable, Equatable {
    /// One file in conflict.
    public struct File: Sendable, Equatable {
      /// Its path.
      public var path: String
      /// The hunks with both sides, or what kind of conflict it is.
      public var hunks: String

      /// A file in conflict.
      public init(path: String, hunks: String = "") {
        self.path = path
        self.hunks = hunks
      }
    }

    /// The files.
    public var files: [File]
    /// What this task wanted.
    public var ourIntent: String
    /// What the changes on the base wanted: tasks and commit messages.
    public var baseIntent: String

    /// A conflict.
    public init(files: [File], ourIntent: String = "", baseIntent: String = "") {
      self.files = files
      self.ourIntent = ourIntent
      self.baseIntent = baseIntent
    }
  }

  /// A check that fails.
  public struct FailingCheck: Sendable, Equatable {
    /// The check's name.
    public var name: String
    /// The command or the step that failed.
    public var step: String
    /// Its page.
    public var link: String?
    /// The log from the first error on, trimmed.
    public var log: String
    /// What changed since it last passed.
    public var changes: String
    /// Earlier tries to repair it, one line each.
    public var earlierTries: [String]
    /// How it ends on the base: "passes", "fails too", "unknown".
    public var baseVerdict: String

    /// A failing check.
    public init(
      name: String, step: String = "", link: String? = nil, log: String, changes: String = "",
      earlierTries: [String] = [], baseVerdict: String = ""
    ) {
      self.name = name
      self.step = step
      self.link = link
      self.log = log
      self.changes = changes
      self.earlierTries = earlierTries
      self.baseVerdict = baseVerdict
    }
  }
}
