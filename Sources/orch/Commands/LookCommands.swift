internal import Agents
internal import ArgumentParser
internal import Dashboard
internal import Engine
internal import Folders
internal import Git2
internal import GitCLI
internal import GitState
internal import Hooks
internal import JSON
internal import Prompts
internal import Settings
internal import Workflow

/// The command `orch agents`.
struct AgentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agents", abstract: "Show the agents: installed, enabled, resting.")

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let loaded = try Session.settingsAnywhere(global)
    let disabled = Set(loaded.settings.router.disabledAgents)
    let tasks = try? await Session(global).openTasks()
    let views = (try? await tasks?.all()) ?? [:]
    let now = Session.clock()
    let path = Environment.value("PATH") ?? ""
    let rows = Composition.agents(loaded.settings).map { agent -> AgentRow in
      let adapter = AgentAdapter(agent, path: path)
      return AgentRow(
        name: agent.name, type: agent.type, program: adapter.installedProgram,
        isEnabled: agent.isEnabled && !disabled.contains(agent.name),
        coolingUntil: CoolDown.until(agent.name, tasks: views.values, now: now),
        hint: adapter.installHint, isInImage: loaded.settings.sandbox.kind == .container)
    }
    if global.json { return Output.print(.array(rows.map(\.json))) }
    Output.print(TextTable.lines(rows.map { $0.cells(now: now) }))
  }
}

/// One agent of the list.
private struct AgentRow {
  let name: String
  let type: String
  let program: String?
  let isEnabled: Bool
  let coolingUntil: Int?
  let hint: String
  /// True if the program may be that of a container's image.
  let isInImage: Bool

  private var isMissing: Bool { program == nil && !isInImage }

  var json: JSONValue {
    JSONValue.compact([
      "name": .string(name), "type": .string(type), "installed": .bool(program != nil),
      "program": program.map(JSONValue.string), "enabled": .bool(isEnabled),
      "cooling_until": coolingUntil.map { .string(Timestamp.text($0)) },
      "hint": isMissing ? .string(hint) : nil, "in_image": isInImage ? .bool(true) : nil,
    ])
  }

  func cells(now: Int) -> [String] {
    var state = isEnabled ? "ready" : "disabled"
    if isMissing { state = "not installed" }
    if let coolingUntil { state = "rests for \(Timestamp.duration(coolingUntil - now))" }
    return [
      name, type, state,
      program?.replacing("/./", with: "/")
        ?? (isMissing ? hint : "looked for in the container's image"),
    ]
  }
}

/// The command `orch config`.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show what is configured, and where it comes from.")

  @Argument(help: "A key, such as workflow.max_attempts; without it, everything.") var key: String?
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let loaded = try Session.settingsAnywhere(global)
    if let key {
      guard let found = loaded.value(forKey: key) else {
        let nearest = loaded.nearestKey(to: key)
        throw CommandError(
          "there is no key '\(key)'", hints: nearest.map { ["did you mean '\($0)'?"] } ?? [])
      }
      if global.json {
        return Output.print(["value": found.value, "origin": .string(found.origin.description)])
      }
      Output.print(found.value.string ?? found.value.canonicalText)
      if !global.quiet { Output.say("from \(found.origin)") }
      return
    }
    let all = loaded.all
    if global.json {
      return Output.print(
        .object(
          Dictionary(
            all.map { ($0.key, ["value": $0.value, "origin": .string($0.origin.description)]) },
            uniquingKeysWith: { $1 })))
    }
    Output.print(
      TextTable.lines(
        all.map { [$0.key, $0.value.canonicalText, "(\($0.origin))"] }, widest: 40))
  }
}

/// The command `orch doctor`.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Look for what could go wrong, and say what to do.")

  @Flag(help: "Mend what can be mended.") var fix = false
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    var findings: [Finding] = []
    let session = try open(&findings)
    let isConfigured = findings.isEmpty
    if fix { try session.refuseWorkers("mend the repository") }
    let version = try await session.git.version()
    findings.append(Finding(true, "git \(version), libgit2 \(Library.version)"))
    if session.hasBrokenPath {
      findings.append(Finding(false, Session.brokenPath, hint: Session.movePath))
    }
    checkSpace(session, &findings)
    await checkRemote(session, &findings)
    if session.settings.forge.kind == .github {
      findings += await ForgeDoctor(access: GitHubAccess(session)).look()
    }
    try await checkState(session, &findings)
    findings += await BaseDoctor(session: session).look()
    findings += await MergeDoctor(session: session).look()
    if isConfigured {
      findings += await SigningDoctor(session: session, options: try Composition.options(session))
        .look()
    }
    await checkHooks(session, &findings)
    // Which agents there are is not known without the configuration.
    if isConfigured { await checkAgents(session, &findings) }
    findings += await SandboxDoctor(session: session).look()
    try checkSkills(session, &findings)
    if global.json {
      Output.print(.array(findings.map(\.json)))
    } else {
      for finding in findings {
        Output.print("\(finding.isFine ? "ok  " : "BAD ") \(finding.text)")
        if let hint = finding.hint { Output.print("     \(hint)") }
      }
    }
    if findings.contains(where: { !$0.isFine }) { throw ExitCode(Report.Code.couldNot.rawValue) }
  }

  /// The session; without the configuration, and a finding that says so, if that is wrong.
  private func open(_ findings: inout [Finding]) throws -> Session {
    do {
      // What is broken is told, and mended only if it is to be.
      let session = try Session(global, mending: false)
      _ = try Composition.options(session)
      return session
    } catch let error where error is SettingsError || error is CommandError {
      let report = Explanation.report(of: error)
      // Each problem names the file and the line.
      let isList = error is SettingsError && !report.causes.isEmpty
      let lines = isList ? report.causes : [report.line]
      findings += lines.map { Finding(false, $0, hint: report.hints.first) }
      findings[0].hint = "mend the configuration first: the rest is looked at without it"
      return try Session(global, configured: false, mending: false)
    }
  }

  /// The room on the disks that work is done on.
  private func checkSpace(_ session: Session, _ findings: inout [Finding]) {
    var seen: Set<DiskSpace> = []
    for place in [session.commonDirectory, Composition.root(session.settings.worktrees.root)] {
      guard let space = DiskSpace(at: place), seen.insert(space).inserted else { continue }
      findings.append(
        space.isLow
          ? Finding(
            false, "only \(space.text) free on the disk of '\(place)'",
            hint: "make room: all work waits while a disk is full; 'orch gc' removes what is old")
          : Finding(true, "\(space.text) free on the disk of '\(place)'"))
    }
  }

  /// Hooks that are half there or do not run, and what went wrong in them.
  private func checkHooks(_ session: Session, _ findings: inout [Finding]) async {
    if let place = try? await HookPlace(session) {
      let rows = await place.report(proving: true)
      let own = rows.filter { $0.proven != nil || $0.standing == .installed }
      let broken = rows.filter {
        $0.proven == false || $0.standing == .replaced || $0.standing == .notExecutable
      }
      for row in broken {
        let text = row.proven == false ? row.proof : row.words
        findings.append(Finding(false, "hook '\(row.name)': \(text)", hint: "orch hooks install"))
      }
      if !own.isEmpty, broken.isEmpty {
        findings.append(Finding(true, "\(own.count) git hooks of orch are installed and run"))
      }
    }
    let failures = HookFailures(commonDirectory: session.commonDirectory)
    let lines = failures.lines
    guard let last = lines.last else { return }
    if fix {
      failures.clear()
      findings.append(Finding(true, "\(lines.count) failures of hooks are forgotten"))
    } else {
      findings.append(
        Finding(
          false,
          "hooks failed \(lines.count == 1 ? "once" : "\(lines.count) times, the last time"): \(last)",
          hint: "mend it, then forget them with 'orch doctor --fix'"))
    }
  }

  /// Skills without which no worker begins; installed copies of the seat's skill that an older orch wrote, or that
  /// lack what the repository adds by now.
  private func checkSkills(_ session: Session, _ findings: inout [Finding]) throws {
    findings += PromptTexts.skillProblems(session).map { problem in
      let report = Explanation.report(of: problem)
      return Finding(false, report.line, hint: report.hints.first)
    }
    let own = SkillInstallation(
      root: session.repository, text: try SeatText.text(in: session.repository), isForced: false)
    let home = Environment.value("HOME").map {
      SkillInstallation(root: $0, text: SeatSkill.text, isForced: false)
    }
    for (place, command) in [(own, "orch skill --install"), (home, "orch skill --install --user")] {
      guard let place, case let stale = place.stale(), !stale.isEmpty else { continue }
      if fix {
        _ = try place.install()
        findings.append(Finding(true, "\(stale.count) installed skills were brought up to date"))
      } else {
        findings.append(
          Finding(false, "the skill '\(stale[0])' is out of date", hint: command))
      }
    }
  }

  private func checkState(_ session: Session, _ findings: inout [Finding]) async throws {
    findings += await StateDoctor.look(session, mending: fix)
  }
}

/// One thing that `doctor` looked at.
struct Finding {
  let isFine: Bool
  let text: String
  var hint: String?

  init(_ isFine: Bool, _ text: String, hint: String? = nil) {
    self.isFine = isFine
    self.text = text
    self.hint = hint
  }

  var json: JSONValue {
    JSONValue.compact([
      "ok": .bool(isFine), "finding": .string(text), "hint": hint.map(JSONValue.string),
    ])
  }
}
