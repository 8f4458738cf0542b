internal import JSON

/// How one agent program is started.
public struct AgentSettings: Sendable, Equatable {
  /// The programs that orch knows how to talk to.
  public enum Kind: String, Sendable, CaseIterable {
    /// Claude Code.
    case claude
    /// Codex.
    case codex
    /// OpenCode.
    case opencode
    /// Any command.
    case script
  }

  /// Which program it is; filled in from the agent's name where that is one of them.
  public var kind = Kind.script
  /// The program's path or name; nil is the usual one.
  public var program: String?
  /// For a script: program and arguments.
  public var command: [String] = []
  /// Arguments that are added to orch's own.
  public var args: [String] = []
  /// Variables that are added to the allow-listed environment.
  public var env: [String: String] = [:]
  /// The model when neither task nor tier decides.
  public var model: String?
  /// Whether it is given work.
  public var isEnabled = true
  /// Whether a young and small session is resumed instead of started anew.
  public var resumes = false
  /// Whether `type` was set rather than taken from the name.
  var hasKind = false

  /// Every default.
  public init() {}

  /// An agent of a kind.
  public init(kind: Kind) { self.kind = kind }

  /// Equal if they start the same program in the same way.
  public static func == (left: Self, right: Self) -> Bool { left.setting == right.setting }
}

extension AgentSettings.Kind: SettingsChoice {}

extension AgentSettings: SettingsSection {
  /// The table of its keys.
  static let fields: [Field<Self>] = [
    Field("type", \.chosenKind, standard: "the agent's name", "Which program it is."),
    Field(
      "program", \.program, standard: "the type's usual program",
      "The program's path, or its name on PATH."),
    Field(
      "command", \.command, .command,
      "For type `script`: program and arguments as a list, or a line for `sh -c`. It runs in the "
        + "worktree, with the prompt on standard input."),
    Field("args", \.args, "Arguments that are added to orch's own."),
    Field(
      "env", \.env, .map(.text, .variable, shorthand: nil),
      "Variables that are added to the allow-listed environment. Values are taken as written: "
        + "nothing is substituted."),
    Field(
      "model", \.model, standard: "the program's own",
      "The model where neither the task nor `model_map` names one."),
    Field("enabled", \.isEnabled, "Whether it is given work."),
    Field(
      "resume", \.resumes,
      "Whether a young and small session is resumed, where the program can, instead of a new one "
        + "that is told what happened."),
  ]

  private var chosenKind: Kind {
    get { kind }
    set {
      kind = newValue
      hasKind = true
    }
  }
}
