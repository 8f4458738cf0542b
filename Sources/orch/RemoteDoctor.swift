internal import Agents
internal import Engine
internal import Git2
internal import GitCLI
internal import Settings

extension DoctorCommand {
  /// Whether there is anybody to do the work.
  func checkAgents(_ session: Session, _ findings: inout [Finding]) async {
    if await isServer(session) {
      return findings.append(
        Finding(true, "bare, without a remote: a server, which needs no agent to take tasks in"))
    }
    let path = Environment.value("PATH") ?? ""
    let ready = Composition.agents(session.settings).filter {
      AgentAdapter($0, path: path).installedProgram != nil
    }
    if ready.isEmpty, session.settings.sandbox.kind == .container {
      return findings.append(Finding(true, "agents: those that the container's image has"))
    }
    findings.append(
      ready.isEmpty
        ? Finding(false, "no agent is installed", hint: "orch agents")
        : Finding(true, "agents: " + ready.map(\.name).joined(separator: ", ")))
  }

  /// True for a bare repository without the configured remote: others push to it, and no work is done in it.
  private func isServer(_ session: Session) async -> Bool {
    guard isBare(session), let remotes = try? await session.git.remotes() else { return false }
    return !remotes.contains(session.settings.forge.remote)
  }

  private func isBare(_ session: Session) -> Bool {
    guard let repository = try? Repository(at: session.repository) else { return false }
    return repository.workDirectory == nil
  }

  /// Whether the remote of the code answers, and has a branch to begin on.
  func checkRemote(_ session: Session, _ findings: inout [Finding]) async {
    let remote = session.settings.forge.remote
    do {
      guard try await session.git.remotes().contains(remote) else {
        if await isServer(session) { return }
        throw EngineError.noRemote(remote)
      }
      let base = try await session.git.defaultBranch(of: remote)
      findings.append(
        base.map { Finding(true, "remote '\(remote)' answers; its default branch is '\($0)'") }
          ?? Finding(
            false, "remote '\(remote)' has no default branch",
            hint: BaseDoctor(session: session).wayBack()))
    } catch {
      let report = Explanation.report(of: error)
      // In git's own words: it may be the network, the address, or who is asking.
      let text = error is EngineError ? report.sentence : "remote '\(remote)': \(report.line)"
      findings.append(Finding(false, text, hint: report.hints.first))
    }
  }
}
