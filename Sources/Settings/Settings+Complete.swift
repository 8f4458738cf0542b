internal import Schedules

extension Settings {
  /// Fills in what follows from other values; returns what makes no sense together.
  mutating func complete(origins: [[String]: Origin]) -> [SettingsProblem] {
    var check = CrossCheck(origins: origins)
    for name in agentOrder {
      guard var agent = agents[name] else { continue }
      if !agent.hasKind {
        if let kind = AgentSettings.Kind(rawValue: name) {
          agent.kind = kind
        } else if agent.command.isEmpty {
          check.missing(["agents", name, "type"])
          continue
        }
      }
      if agent.kind == .script, agent.isEnabled, agent.command.isEmpty {
        check.missing(["agents", name, "command"])
      }
      agents[name] = agent
    }
    check.agent(router.agent, at: ["router", "agent"], of: agentNames)
    check.agent(router.fallbackExecutor, at: ["router", "fallback_executor"], of: agentNames)
    for name in router.disabledAgents {
      check.agent(name, at: ["router", "disabled_agents"], of: agentNames)
    }
    for (name, job) in jobs.sorted(by: { $0.key < $1.key }) {
      check.agent(job.agent, at: ["jobs", name, "agent"], of: agentNames)
      if job.title == nil, job.command.isEmpty { check.missing(["jobs", name, "title"]) }
      check.times(of: job, named: name)
    }
    checkNames(&check)
    return check.problems
  }

  private func checkNames(_ check: inout CrossCheck) {
    var names: Set<String> = []
    for (index, item) in checks.enumerated() {
      let key = ["checks"]
      if item.name.isEmpty || item.name.contains(where: \.isNewline) {
        check.invalid(key, "the name of number \(index + 1) is not one line of text")
      } else if !names.insert(item.name).inserted {
        check.invalid(key, "two are named '\(item.name)'")
      }
    }
    if !worktrees.root.hasPrefix("/"), !worktrees.root.hasPrefix("~/") {
      check.invalid(
        ["worktrees", "root"],
        "'\(worktrees.root)' is not a whole path: begin it with '/' or '~/'")
    }
    for path in worktrees.copy {
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      if path.isEmpty || path.hasPrefix("/") || parts.contains("..") || parts.first == ".git" {
        check.invalid(["worktrees", "copy"], "'\(path)' is not a path inside the repository")
      }
    }
    if let repository = forge.repository {
      let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
      if parts.count != 2 || parts.contains(where: \.isEmpty) {
        check.invalid(
          ["forge", "repository"], "found '\(repository)', expected owner and name: 'owner/name'")
      }
    }
    checkForge(&check)
    for (key, text) in [(["git", "name"], git.name), (["git", "email"], git.email)] {
      if text.isEmpty || text.contains(where: { $0.isNewline || $0 == "<" || $0 == ">" }) {
        check.invalid(key, "git cannot store '\(text)' as an identity")
      }
    }
  }
}

extension Settings {
  /// What makes no sense together in the App, the webhooks and the board.
  fileprivate func checkForge(_ check: inout CrossCheck) {
    let app = forge.app
    if app.name != nil, app.privateKeyFile == nil {
      check.missing(["forge", "app", "private_key_file"])
    }
    if app.name == nil, app.privateKeyFile != nil { check.missing(["forge", "app", "id"]) }
    if let board = forge.project.board, forge.project.place == nil {
      check.invalid(
        ["forge", "project", "board"],
        "found '\(board)', expected owner and number of a project: 'acme/7'")
    }
  }
}

/// Problems of values that are each of the right type.
private struct CrossCheck {
  let origins: [[String]: Origin]
  var problems: [SettingsProblem] = []

  mutating func agent(_ name: String?, at key: [String], of known: [String]) {
    guard let name, !known.contains(name) else { return }
    let suggestion = KeySuggestion.nearest(to: name, among: known)
    invalid(key, "there is no agent '\(name)'", suggestion: suggestion)
  }

  /// A schedule that cannot be read or never comes, and a time zone that this machine does not know.
  mutating func times(of job: JobSettings, named name: String) {
    do throws(ScheduleError) {
      // One that is missing has been reported.
      if !job.schedule.isEmpty { _ = try CronSchedule(job.schedule) }
    } catch {
      invalid(["jobs", name, "schedule"], error.description)
    }
    if let zone = job.timeZone, ZoneDatabase.zone(named: zone) == nil {
      invalid(["jobs", name, "time_zone"], "this machine knows no time zone '\(zone)'")
    }
  }

  mutating func invalid(_ key: [String], _ detail: String, suggestion: String? = nil) {
    let key = (SettingsReader.text(key), place(of: key))
    problems.append(
      SettingsProblem(
        reason: .invalidValue(key: key.0, detail: detail, suggestion: suggestion),
        file: key.1.file, line: key.1.line))
  }

  mutating func missing(_ key: [String]) {
    let place = place(of: Array(key.dropLast()))
    problems.append(
      SettingsProblem(
        reason: .missing(key: SettingsReader.text(key)), file: place.file, line: place.line))
  }

  /// Where a key, or the first value of a map, stands.
  private func place(of key: [String]) -> (file: String, line: Int?) {
    let places = origins.filter { $0.key.starts(with: key) }.map(\.value)
    var best: (file: String, line: Int?) = ("the configuration", nil)
    for place in places {
      switch place {
      case .user(let file, let line), .repository(let file, let line):
        if line < best.line ?? .max { best = (file, line) }
      case .standard, .several: break
      }
    }
    return best
  }
}
