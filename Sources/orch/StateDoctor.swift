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
    var findings = try await objects()
    findings += try recover()
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

  /// Objects that a disk has lost: what is left of their packs is read, and the rest is fetched anew.
  private func objects() async throws -> [Finding] {
    let lost = LostObjects(
      git: session.git, commonDirectory: session.commonDirectory,
      path: Environment.value("PATH") ?? "")
    guard isMending else { return try await lost.packs(mending: false).map(Finding.init) }
    let lock = try FileLock(path: session.commonDirectory + "/orch/lock")
    var findings = try await salvage(lost).map(Finding.init)
    lock.release()
    if try await isConnected() == false, let remote = try Sharing.synced(session).first {
      findings.append(try await refill(lost, from: remote))
    }
    return findings
  }

  /// Takes what cannot be read out of the way, and writes again what can.
  private func salvage(_ lost: LostObjects) async throws -> [StateRecovery.Finding] {
    var found = try await lost.packs(mending: true)
    let ids = try unreadable()
    let isConnected = try await isConnected()
    if ids.isEmpty, isConnected != false { return found }
    found += try await lost.packs(mending: true, thoroughly: true)
    let count = try lost.setAside(ids)
    if count > 0 {
      let text = "\(count) objects of the state cannot be read"
      found.append(.init(text: text, remedy: "they are kept in orch/broken", isMended: true))
    }
    return found
  }

  /// The objects of the state, here and as the remote had it, that cannot be read, by id.
  private func unreadable() throws -> [String] {
    let repository = try Repository(at: session.repository)
    return StateRecovery.unreadable(in: StateRecovery.tips(in: repository), of: repository)
      .map(\.hex)
  }

  private func refill(_ lost: LostObjects, from remote: String) async throws -> Finding {
    let text = "objects of the state are lost"
    do {
      return try await lost.fetch(from: remote)
        ? Finding(true, "\(text): what '\(remote)' has of it was fetched anew")
        : Finding(false, "\(text), and '\(remote)' has no state", hint: "restore a backup")
    } catch let error as GitCommandError {
      let report = Explanation.report(of: error)
      return Finding(
        false, "\(text), and cannot be fetched: \(report.sentence)",
        hint: "once '\(remote)' can be reached: orch doctor --fix")
    }
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
    return found.map(Finding.init)
  }

  private func alias(in repository: borrowing Repository) throws -> Finding {
    try repository.target(of: RefLayout.alias) == .symbolic(RefLayout.state)
      ? Finding(true, "refs/orchestrator leads to refs/orch/state")
      : Finding(false, "refs/orchestrator does not lead to the state", hint: "orch doctor --fix")
  }

  private func connectivity(_ tip: ObjectID) async throws -> Finding {
    let ids = try unreadable()
    let isConnected = try await isConnected()
    if ids.isEmpty, isConnected == true {
      return Finding(true, "the state is whole (\(tip.short()))")
    }
    if ids.isEmpty, isConnected == nil {
      return Finding(
        false, "git cannot be asked whether the state is whole", hint: "see what 'git status' says")
    }
    let text = "the state is damaged: "
    return Finding(
      false,
      text + (ids.first.map { "object \($0) cannot be read" } ?? "its history lacks objects"),
      hint: isMending
        ? "restore a backup, or begin with a new clone: orch clone" : "orch doctor --fix")
  }

  /// True if everything is there that the state needs, here and as the remote had it, with its history, and the
  /// notes; nil if git does not work here.
  private func isConnected() async throws -> Bool? {
    let repository = try Repository(at: session.repository)
    let notes = try? repository.reference(RefLayout.notes)
    let tips = StateRecovery.tips(in: repository) + [notes].compactMap { $0 }
    if tips.isEmpty { return true }
    let place = try await session.git.run(["rev-parse", "--git-dir"], accepting: Set(1...255))
    guard place.exitCode == 0 else { return nil }
    let check = try await session.git.run(
      ["fsck", "--no-progress", "--no-dangling", "--connectivity-only"] + tips.map(\.hex),
      accepting: Set(1...255), timeoutSeconds: 600)
    return check.exitCode == 0
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

extension Finding {
  /// Something that was found and mended, or is to be mended.
  fileprivate init(_ finding: StateRecovery.Finding) {
    if finding.isMended {
      self.init(true, "\(finding.text): \(finding.remedy)")
    } else {
      self.init(false, finding.text, hint: "orch doctor --fix (\(finding.remedy))")
    }
  }
}
