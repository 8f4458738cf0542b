internal import Agents
internal import ArgumentParser
internal import Engine
internal import JSON
internal import Settings

/// The command `orch skill`.
struct SkillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "skill",
    abstract: "Print the skill for an agent that orchestrates, or put it where agents look.",
    discussion: """
      A repository adds to it in '.orch/seat.md'. Installed copies are replaced by newer versions, unless \
      somebody changed them by hand.
      """)

  @Flag(help: "Write it below .claude/skills and .agents/skills.") var install = false
  @Flag(help: "With --install: into your home folder instead of the repository.") var user = false
  @Flag(help: "With --install: also over a copy that was changed by hand.") var force = false
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard install || !(user || force) else {
      throw ValidationError("--user and --force say how to install: add --install")
    }
  }

  func run() throws {
    let session = try? Session(global, configured: false)
    let text = try SeatText.text(in: user ? nil : session?.repository)
    guard install else {
      if global.json { return Output.print(["name": "orch", "text": .string(text)]) }
      return Output.write(text, to: 1)
    }
    try session?.refuseWorkers("install a skill")
    let places = try SkillInstallation(root: root(), text: text, isForced: force).install()
    if global.json {
      Output.print(
        .array(
          places.map { ["path": .string($0.path), "outcome": .string($0.outcome.rawValue)] }))
    } else if !global.quiet {
      for place in places { Output.print("\(place.outcome.rawValue)  \(place.path)") }
    }
    let kept = places.filter { $0.outcome == .kept }.map(\.path)
    guard kept.isEmpty else {
      throw CommandError(
        "a skill that was changed by hand was left as it is",
        causes: kept,
        hints: [
          "move what you added to \(SeatText.additions), then 'orch skill --install --force'",
          "see the difference with 'orch skill | diff - \(kept[0])'",
        ])
    }
  }

  private func root() throws -> String {
    if user {
      guard let home = Environment.value("HOME"), home.hasPrefix("/") else {
        throw CommandError("HOME is not set, so there is no home folder to install into")
      }
      return home
    }
    let session = try Session(global, configured: false)
    guard session.repository != session.commonDirectory else {
      throw CommandError(
        "a bare repository has no files that agents could read",
        hints: ["orch skill --install --user"])
    }
    return session.repository
  }
}

/// The command `orch chat`.
struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "Talk with an agent that orchestrates for you: it drives orch, and edits nothing.",
    discussion: """
      This terminal is given to the agent's own program, with the skill that 'orch skill' prints. It has your \
      environment and asks for permissions as it always does, except that its means of editing files are off.
      """)

  @Argument(help: "What to begin with.") var message: String?
  @Option(help: "The agent; the first that is installed and can talk, unless given.")
  var agent: String?
  @OptionGroup var global: GlobalOptions

  func run() throws {
    let session = try Session(global)
    let adapter = try chosen(session)
    let command = try adapter.seatCommand(
      skill: SeatText.text(in: session.repository), message: message,
      tools: [try Composition.ownProgram(), "mcp", "-C", session.repository])
    if !global.quiet { Output.say("\(adapter.configuration.name): \(adapter.seatBoundary)") }
    var environment = Environment.all.merging(command.environment) { $1 }
    environment["ORCH_SEAT"] = adapter.configuration.name
    let path = environment["PATH"] ?? ""
    if ProgramPath.find("orch", path: path) == nil {
      let folder = try Composition.ownProgram().split(separator: "/").dropLast().joined(
        separator: "/")
      environment["PATH"] = path.isEmpty ? "/\(folder)" : "\(path):/\(folder)"
    }
    try ProcessReplacement.become(command, in: session.repository, environment: environment)
  }

  private func chosen(_ session: Session) throws -> AgentAdapter {
    let options = try Composition.options(session)
    let path = Environment.value("PATH") ?? ""
    let adapters = options.agents.map { AgentAdapter($0, path: path) }
    if let agent {
      guard let named = adapters.first(where: { $0.configuration.name == agent }) else {
        throw CommandError(
          "there is no agent '\(agent)' in the configuration",
          hints: ["it is one of \(adapters.map(\.configuration.name).joined(separator: ", "))"])
      }
      return named
    }
    let talking = adapters.filter { $0.configuration.type != "script" }
    guard let first = talking.first(where: { $0.installedProgram != nil }) else {
      throw CommandError(
        "no agent is installed that can hold a conversation",
        hints: talking.map { "\($0.configuration.name): \($0.installHint)" })
    }
    return first
  }
}
