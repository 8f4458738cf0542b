internal import Agents
internal import CPlatform
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import Settings
internal import Workflow

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One run of a command in one repository: where it is, what is configured, who is asking.
struct Session {
  /// The flags of the command.
  let options: GlobalOptions
  /// The repository's folder: the main checkout's, also when started in a worktree of it.
  let repository: String
  /// The folder shared by all worktrees.
  let commonDirectory: String
  /// The configuration.
  let loaded: LoadedSettings

  /// Opens the repository that the command was started in; throws `OpenError` or `SettingsError`.
  ///
  /// Commands that only look need no configuration: without it they start sooner, and they work where
  /// it is broken. A state whose reference cannot be read is mended first, unless it is to be found as it is.
  init(_ options: GlobalOptions, configured: Bool = true, mending: Bool = true) throws {
    self.options = options
    let opened = try Repository(at: options.folder)
    commonDirectory = opened.commonDirectory
    repository = Self.mainCheckout(of: opened)
    Self.share(opened)
    if mending { Self.mendState(in: opened) }
    loaded = try Settings.load(
      repositoryFile: configured ? repository + "/.orch.yml" : nil,
      userFile: configured ? Self.userConfiguration : nil)
  }

  /// Mends a state whose reference cannot be read, as a power cut leaves it, and says so.
  ///
  /// What cannot be mended, or may not be by this user, is told by whatever reads it then.
  static func mendState(in repository: borrowing Repository) {
    let found = (try? StateRecovery.mendState(in: repository)) ?? []
    for finding in found where finding.isMended {
      Output.say("\(finding.text): \(finding.remedy)")
    }
  }

  /// The configuration of the repository that the command was started in; outside of one, the user's own.
  static func settingsAnywhere(_ options: GlobalOptions) throws -> LoadedSettings {
    do {
      return try Session(options).loaded
    } catch OpenError.notARepository {
      return try Settings.load(repositoryFile: nil, userFile: userConfiguration)
    }
  }

  /// The configured settings.
  var settings: Settings { loaded.settings }

  /// Throws `CommandError` unless the configuration has an agent of that name.
  func requireAgent(_ name: String) throws {
    guard settings.agentNames.contains(name) else {
      throw CommandError(
        "there is no agent '\(name)' in the configuration",
        hints: ["it is one of \(settings.agentNames.joined(separator: ", "))"])
    }
  }

  /// True if git could not make worktrees of this repository that work.
  var hasBrokenPath: Bool { (repository + commonDirectory).contains("\n") }

  /// What is wrong then.
  static let brokenPath = "the path of this repository has a line break in it"
  /// What to do then.
  static let movePath = "move it to a folder without one"

  /// Throws `CommandError` where workers could have no worktrees: git writes paths into files that end with a line.
  func refuseBrokenPath() throws {
    guard hasBrokenPath else { return }
    throw CommandError(
      Self.brokenPath, causes: ["git cannot have worktrees of it"], hints: [Self.movePath])
  }

  /// The git program in this repository; who asks waits for as much as the remote has.
  var git: GitProgram {
    GitProgram(
      directory: repository, environment: gitEnvironment, transferSeconds: Self.transferSeconds)
  }

  /// Throws `EngineError.noRemote` for a remote that is not configured.
  func requireRemote(_ name: String) async throws {
    // What libgit2 reads is there; it does not read all that git does, and git's program takes longer.
    let repository = try Repository(at: repository)
    let entries = try repository.configurationEntries(prefix: "remote.\(name).")
    if entries.contains(where: { $0.name == "remote.\(name).url" }) { return }
    guard try await git.remotes().contains(name) else { throw EngineError.noRemote(name) }
  }

  /// The same as the user's own git, whoever orch works as.
  var plainGit: GitProgram {
    GitProgram(
      directory: repository, environment: Environment.all, transferSeconds: Self.transferSeconds)
  }

  /// How long a fetch or a push may take that a person asked for, in seconds.
  static let transferSeconds = 6 * 3600

  /// Opens the state; with `creating`, makes it where it is missing.
  ///
  /// `recorded` is told what this process writes of tasks, once it is durable.
  func openTasks(
    creating: Bool = false, recorded: (@Sendable (Happening) -> Void)? = nil
  ) async throws -> TaskStore {
    var random = SystemRandomNumberGenerator()
    let secrets = try SecretRules(settings.redaction, environment: Environment.all)
    var written: (@Sendable ([Change]) -> Void)?
    if let recorded {
      written = { changes in
        for happening in changes.compactMap({ Happening($0) }) { recorded(happening) }
      }
    }
    let state = try StateStore(
      at: repository, hostName: Self.hostName, identity: identity, clock: Self.clock,
      redact: { secrets.redact($0) },
      written: written, using: &random)
    for finding in try await state.recoverIfNeeded() {
      Output.say("\(finding.text): \(finding.remedy)")
    }
    if creating {
      // Within walls a worker has a repository of its own: what it wrote there would go nowhere.
      if worker != nil, try !hasState() {
        throw StateError.notInitialised(repository: commonDirectory)
      }
      try await state.initialise()
    }
    return TaskStore(state)
  }

  /// True if this repository has a state.
  func hasState() throws -> Bool {
    let opened = try Repository(at: repository)
    return try StateReader.tip(in: opened) != nil
  }

  /// Opens the state, and makes it if the repository was never set up: the defaults need no `init`.
  func tasks() async throws -> TaskStore { try await openTasks(creating: true) }

  /// Wakes a running orchestrator.
  func ring() { Bell.ring(commonDirectory + "/orch/bell") }

  /// The identity of orch's own commits.
  var identity: Signature {
    Signature(name: settings.git.name, email: settings.git.email, seconds: 0)
  }

  /// Who is asking: a worker in its worktree, an agent in the orchestrator's seat, or a person.
  var author: String {
    if let task = Environment.value("ORCH_TASK_ID") { return "task \(task.prefix(6))" }
    if let agent = Environment.value("ORCH_SEAT"), !agent.isEmpty { return "seat (\(agent))" }
    return Environment.value("USER") ?? "person"
  }

  /// Milliseconds since 1970.
  static let clock: @Sendable () -> Int = {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
  }

  /// The folder that the command was started in; `PWD` may name another one.
  static var currentFolder: String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
  }

  /// The user's own configuration.
  static var userConfiguration: String? {
    if let folder = Environment.value("XDG_CONFIG_HOME"), !folder.isEmpty {
      return folder + "/orch/config.yml"
    }
    return Environment.value("HOME").map { $0 + "/.config/orch/config.yml" }
  }

  /// The machine's name, of which the state's name for it is made.
  static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "host" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Makes new files as accessible as git makes them in a repository that several users share.
  private static func share(_ repository: borrowing Repository) {
    let shared = try? repository.configurationText("core.sharedrepository")
    switch shared?.lowercased() {
    case "group", "true", "1": umask(0o002)
    case "all", "world", "everybody", "2": umask(0o002)
    default: break
    }
  }

  private static func mainCheckout(of repository: borrowing Repository) -> String {
    if repository.isLinkedWorktree {
      let common = repository.commonDirectory
      return common.hasSuffix("/.git") ? String(common.dropLast(5)) : common
    }
    return repository.workDirectory ?? repository.commonDirectory
  }
}
