internal import ArgumentParser
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Settings

/// The command `orch init`.
struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Set a repository up: state, alias, and a look at the remote. May be repeated.")

  @Option(help: "local or github.") var forge: String?
  @Option(help: "The remote that branches are pushed to.") var remote: String?
  @Option(help: "The branch that work is merged into.") var base: String?
  @Flag(help: "Install orch's git hooks, too: see 'orch hooks install'.") var hooks = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let session = try Session(global)
    try session.refuseWorkers("set a repository up")
    try session.refuseBrokenPath()
    let remote = remote ?? session.settings.forge.remote
    try await session.requireRemote(remote)
    try refuseUnborn(session, remote)
    let wanted = base ?? session.settings.forge.base
    let found = try await session.git.defaultBranch(of: remote)
    guard let branch = wanted ?? found else { throw EngineError.noDefaultBranch(remote: remote) }
    let heads = try await session.git.advertisedReferences(
      remote: remote, patterns: ["refs/heads/" + branch])
    guard heads["refs/heads/" + branch] != nil else {
      throw EngineError.noSuchBase(branch: branch, remote: remote)
    }
    let had = try session.hasState()
    // What was written here before the first contact does not stand in its way.
    let known = try Sharing.synced(session)
    if !had || !known.contains(remote) {
      let isTaken = try await SyncText.adopt(from: remote, session, joining: had)
      if isTaken, !global.quiet { Output.say("took over the state that '\(remote)' has") }
    }
    let tasks = try await session.openTasks(creating: true)
    try ConfigurationFile.write(
      at: session.repository + "/.orch.yml", forge: forge, remote: self.remote, base: base)
    if hooks { try await installHooks(session) }
    if global.json {
      return Output.print([
        "repository": .string(session.repository), "remote": .string(remote),
        "base": .string(branch), "host": .string(tasks.state.host),
      ])
    }
    guard !global.quiet else { return }
    Output.print(
      had ? "already set up" : "set up: refs/orch/state, shown by 'git log refs/orchestrator'")
    Output.print("  remote  \(remote), base \(branch)")
    Output.print("  host    \(tasks.state.host)")
    Output.say("next: orch task add \"…\", then orch run")
  }

  private func refuseUnborn(_ session: Session, _ remote: String) throws {
    let repository = try Repository(at: session.repository)
    guard case .unborn = try repository.head() else { return }
    throw CommandError(
      "this repository has no commits yet",
      hints: ["git commit --allow-empty -m 'first'", "git push -u \(remote) HEAD"])
  }

  private func installHooks(_ session: Session) async throws {
    let place = try await HookPlace(session)
    for problem in try await place.install() {
      Output.say("error: '\(problem.hook)' is not in place: \(problem.text)")
      for hint in problem.hints { Output.say("hint: \(hint)") }
    }
    for row in await place.report(proving: true) where row.proven == false {
      Output.say("hook '\(row.name)': \(row.proof)")
    }
  }
}

/// The repository's `.orch.yml`, written only where there is none.
enum ConfigurationFile {
  /// Writes the choices of `orch init`; throws if a file with other choices is there.
  static func write(at path: String, forge: String?, remote: String?, base: String?) throws {
    var lines: [String] = []
    if let forge { lines.append("  type: \(forge)") }
    if let remote { lines.append("  remote: \(remote)") }
    if let base { lines.append("  base: \(base)") }
    guard !lines.isEmpty else { return }
    guard (try? TextFile.read(path)) == nil else {
      Output.say(
        "'.orch.yml' is there already: set these in it by hand\nforge:\n\(lines.joined(separator: "\n"))"
      )
      return
    }
    try TextFile.create(path, "forge:\n" + lines.joined(separator: "\n") + "\n")
  }
}

/// The command `orch version`.
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version of orch.")

  @OptionGroup var global: GlobalOptions

  func run() {
    if global.json {
      Output.print(["version": .string(Version.text), "state_format": 1])
    } else {
      Output.print("orch \(Version.text)")
    }
  }
}

/// The version of this build.
enum Version {
  static let text = "0.1.0"
}
