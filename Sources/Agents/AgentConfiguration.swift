#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An agent as the configuration names it.
public struct AgentConfiguration: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// script, claude, codex or opencode.
  public var type: String
  /// The program's name or path; nil is the type's own.
  public var program: String?
  /// Program and arguments of a script agent.
  public var command: [String] = []
  /// Further arguments.
  public var arguments: [String] = []
  /// Further variables.
  public var environment: [String: String] = [:]
  /// The model, unless a task asks for another.
  public var model: String?
  /// False if it is switched off.
  public var isEnabled = true
  /// True if a young session may be resumed instead of begun anew.
  public var resumes = false

  /// An agent of a type.
  public init(name: String, type: String) {
    self.name = name
    self.type = type
  }
}

/// What an adapter is asked to make a command line of.
public struct LaunchRequest: Sendable, Hashable {
  /// The prompt.
  public var prompt: String
  /// A file that holds the prompt.
  public var promptFile: String
  /// The worktree.
  public var worktree: String
  /// The repository's common git directory.
  public var commonDirectory = ""
  /// The name of the worktree's folder below it.
  public var worktreeName = ""
  /// The model.
  public var model: String?
  /// A session to be begun under this name, in the form of a UUID.
  public var sessionID: String?
  /// A session to go on with.
  public var resumedSession: String?
  /// US dollars for this run.
  public var budgetUSD: Double?
  /// A file for the last message, for agents that write one.
  public var lastMessageFile: String
  /// True for a call that only thinks: no tools.
  public var isRouting = false
  /// True if this process is the superuser's.
  public var isSuperuser = false

  /// The parts without defaults.
  public init(prompt: String, promptFile: String, worktree: String, lastMessageFile: String) {
    self.prompt = prompt
    self.promptFile = promptFile
    self.worktree = worktree
    self.lastMessageFile = lastMessageFile
  }
}

/// A command line for a supervisor.
public struct AgentCommand: Sendable, Hashable {
  /// The program's absolute path.
  public var program: String
  /// Its arguments.
  public var arguments: [String]
  /// Variables beside those that every agent gets.
  public var environment: [String: String] = [:]
  /// The file on standard input; nil is the null device.
  public var inputFile: String?
}

/// Finds programs on a PATH that is given as a value.
public enum ProgramPath {
  /// The absolute path of a program; nil if there is none that may be run.
  public static func find(_ program: String, path: String) -> String? {
    if program.contains("/") { return isProgram(program) ? program : nil }
    for folder in path.split(separator: ":") where folder.hasPrefix("/") {
      let candidate = "\(folder)/\(program)"
      if isProgram(candidate) { return candidate }
    }
    return nil
  }

  private static func isProgram(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
      && access(path, X_OK) == 0
  }
}
