internal import ArgumentParser
internal import Dashboard
internal import Hooks
internal import JSON

/// `orch hooks …`: the user's git hooks that make tasks of commits and tell a running orch of changes.
struct HooksCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hooks",
    abstract: "Let git tell orch what happens: tasks from commits, news at once.",
    subcommands: [
      HooksInstallCommand.self, HooksUninstallCommand.self, HooksStatusCommand.self,
    ])
}

/// The command `orch hooks install`.
struct HooksInstallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install", abstract: "Put orch's git hooks in place. May be repeated.",
    discussion: """
      Hooks that are there are kept and run first. The folder is the one that git uses, also where \
      'core.hooksPath' is set. Afterwards git itself is made to run each, and what does not run is said.
      """)

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("install hooks")
    let place = try await HookPlace(session)
    // Tasks can come from now on: there must be a state for them, and a place for notes.
    _ = try await session.tasks()
    let problems = try await place.install()
    let report = await place.report(proving: true)
    HookText.show(report, problems, global)
    if !problems.isEmpty || report.contains(where: { $0.proven == false }) {
      throw ExitCode(Report.Code.couldNot.rawValue)
    }
  }
}

/// The command `orch hooks uninstall`.
struct HooksUninstallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uninstall",
    abstract: "Take orch's git hooks away, and put back what was there. May be repeated.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("take hooks away")
    let place = try await HookPlace(session)
    let removed = try await place.uninstall()
    if global.json { return Output.print(["removed": .texts(removed)]) }
    guard !global.quiet else { return }
    Output.print(
      removed.isEmpty ? "no hooks of orch are here" : "removed: \(removed.joined(separator: ", "))")
  }
}

/// The command `orch hooks status`.
struct HooksStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show each hook, and whether git runs it.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let place = try await HookPlace(try Session(global))
    HookText.show(await place.report(proving: true), [], global)
  }
}

/// The command `orch hook`, which git's hooks call; known names never come here.
struct HookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hook", abstract: "What the git hooks call; not for people.", shouldDisplay: false)

  @Argument(help: "The hook's name.") var name: String
  @Argument(parsing: .captureForPassthrough, help: "What git gave it.") var rest: [String] = []

  func run() throws {
    throw ValidationError(
      "'\(name)' is none of orch's hooks: \(Hooks.names.joined(separator: ", "))")
  }
}

/// Hooks as people and scripts read them.
enum HookText {
  /// Prints what stands where, and what could not be done.
  static func show(
    _ rows: [HookReport], _ problems: [HookProblem], _ global: GlobalOptions
  ) {
    if global.json {
      return Output.print([
        "folder": .string(rows.first?.folder ?? ""),
        "hooks": .array(rows.map(\.json)), "problems": .array(problems.map(\.json)),
      ])
    }
    if !global.quiet {
      Output.print(rows.first?.folder ?? "")
      Output.print(TextTable.lines(rows.map { ["  " + $0.name, $0.words, $0.proof] }))
    }
    for problem in problems {
      Output.say("error: '\(problem.hook)' is not in place: \(problem.text)")
      for hint in problem.hints { Output.say("hint: \(hint)") }
    }
  }
}
