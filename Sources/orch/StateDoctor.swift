internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import Settings

/// What `orch doctor` looks at of the state, its remote, and the repository that holds both.
struct StateDoctor {
  let session: Session
  let isMending: Bool

  /// Everything that was looked at, in order; mends what can be mended if it is to.
  func look() async throws -> [Finding] {
    var findings = try recover()
    let repository = try Repository(at: session.repository)
    // A first contact that was killed has left no state, and may have left locks.
    if isMending { repository.removeStaleLocks() }
    guard let tip = try? StateReader.tip(in: repository) else {
      return findings + [Finding(false, "there is no state yet", hint: "orch init")]
    }
    if isMending { _ = try await session.openTasks(creating: true) }
    findings.append(try alias(in: repository))
    findings.append(try await connectivity(tip))
    findings += await kind()
    findings += try await sharing()
    return findings
  }

  /// What a crash has left, each with what was done or is to be done.
  private func recover() throws -> [Finding] {
    let repository = try Repository(at: session.repository)
    let found: [StateRecovery.Finding]
    if isMending {
      let lock = try FileLock(path: repository.commonDirectory + "/orch/lock")
      found = try StateRecovery.run(in: repository, mending: true)
      lock.release()
    } else {
      found = try StateRecovery.run(in: repository, mending: false)
    }
    return found.map { finding in
      finding.isMended
        ? Finding(true, "\(finding.text): \(finding.remedy)")
        : Finding(false, finding.text, hint: "orch doctor --fix (\(finding.remedy))")
    }
  }

  private func alias(in repository: borrowing Repository) throws -> Finding {
    try repository.target(of: RefLayout.alias) == .symbolic(RefLayout.state)
      ? Finding(true, "refs/orchestrator leads to refs/orch/state")
      : Finding(false, "refs/orchestrator does not lead to the state", hint: "orch doctor --fix")
  }

  private func connectivity(_ tip: ObjectID) async throws -> Finding {
    let check = try await session.git.run(
      ["fsck", "--no-progress", "--no-dangling", "--connectivity-only", tip.hex],
      accepting: Set(1...255), timeoutSeconds: 600)
    guard check.exitCode != 0 else { return Finding(true, "the state is whole (\(tip.short()))") }
    return Finding(
      false, "the state is damaged: \(check.errorText.prefix(300))",
      hint: "git fetch \(session.settings.forge.remote) refs/orch/state, or restore a backup")
  }

  /// Kinds of repository that work otherwise than a plain clone.
  private func kind() async -> [Finding] {
    var findings: [Finding] = []
    let shallow = try? await session.git.run(["rev-parse", "--is-shallow-repository"]).text
    if shallow?.hasPrefix("true") == true {
      findings.append(
        Finding(
          true,
          "the clone is shallow: tasks can be looked at and added here, 'orch run' needs all of it",
          hint: "git fetch --unshallow"))
    }
    let partial = try? await session.git.run(["config", "extensions.partialClone"]).text
    if partial != nil {
      findings.append(
        Finding(true, "the clone is partial: files are fetched when they are needed"))
    }
    return findings
  }

  /// Whether other machines share the work, and whether their claims can be read.
  private func sharing() async throws -> [Finding] {
    let remote = try Sharing.remote(session)
    guard session.settings.sync.isEnabled else {
      return [Finding(true, "sync is off: this machine works alone")]
    }
    guard try Sharing.synced(session).contains(remote) else {
      return [Finding(true, "nothing was synced yet: this machine works alone", hint: "orch sync")]
    }
    do {
      let this = LocalFolder.hostName(in: session.commonDirectory)
      let state = try await session.openTasks().state
      let hosts = try await ClaimList(git: session.git, remote: remote, state: state)
        .hosts(this: this)
      let held = hosts.first { $0.isThis }?.tasks.count ?? 0
      return [
        Finding(
          true,
          "the work is shared through '\(remote)': \(hosts.count) machines, "
            + "this one has \(held) tasks")
      ]
    } catch {
      let report = Explanation.report(of: error)
      return [
        Finding(false, "the claims at '\(remote)': \(report.sentence)", hint: report.hints.first)
      ]
    }
  }
}
