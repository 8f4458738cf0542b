internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import Settings

/// What `orch doctor` looks at of the state, its remote, and the repository that holds both.
struct StateDoctor {
  let session: Session
  let isMending: Bool

  private var findings: [Finding] = []

  init(session: Session, isMending: Bool) {
    self.session = session
    self.isMending = isMending
  }

  /// Everything that was looked at, in order; mends what can be mended if it is to.
  ///
  /// What cannot be looked at is a finding, too: what was done before it is told in any case.
  static func look(_ session: Session, mending: Bool) async -> [Finding] {
    var doctor = StateDoctor(session: session, isMending: mending)
    do {
      try await doctor.look()
    } catch {
      let report = Explanation.report(of: error)
      doctor.findings.append(
        Finding(
          false, "the rest of the state was not looked at: \(report.sentence)",
          hint: report.hints.first))
    }
    return doctor.findings
  }

  private mutating func look() async throws {
    try await objects()
    try recover()
    try await code()
    let repository = try Repository(at: session.repository)
    // A first contact that was killed has left no state, and may have left locks.
    if isMending { repository.removeStaleLocks() }
    let found: ObjectID?
    // One that cannot be read was told of, with what is to be done.
    do { found = try StateReader.tip(in: repository) } catch { return }
    guard let tip = found else {
      findings.append(Finding(false, "there is no state yet", hint: "orch init"))
      return
    }
    if isMending { try await rejoin(session.openTasks(creating: true)) }
    findings.append(try alias(in: repository))
    findings.append(try await connectivity(tip))
    findings += await kind()
    findings += try await sharing()
  }

  /// Objects that a disk has lost: what is left of their packs is read, and the rest is fetched anew.
  private mutating func objects() async throws {
    if isMending { _ = try LocalFolder(commonDirectory: session.commonDirectory) }
    let lost = LostObjects(git: session.git, commonDirectory: session.commonDirectory)
    findings += try await lost.packs(mending: isMending).map(finding)
    try references()
    guard isMending, try await !isWhole() else { return }
    findings += try await lost.packs(mending: true, thoroughly: true).map(finding)
    let count = try await lost.setAside(unreadable())
    if count > 0 {
      findings.append(
        Finding(true, "\(count) objects of the state cannot be read: they are kept in orch/broken"))
    }
    if try await !isWhole() { try await refill(lost) }
  }

  /// References that are torn: from what they lead to, and which remotes they name, the rest is looked for.
  private mutating func references() throws {
    let repository = try Repository(at: session.repository)
    let found =
      try isMending
      ? StateRecovery.mendReferences(in: repository)
      : StateRecovery.references(in: repository, mending: false)
    findings += found.map(finding)
  }

  /// What else was in packs that were damaged: the person's own history.
  ///
  /// All of it is looked at for as long as what is left of such a pack is kept, and its ends at any time.
  private mutating func code() async throws {
    let lost = LostObjects(git: session.git, commonDirectory: session.commonDirectory)
    guard lost.keepsPacks else {
      if let found = await CodeDoctor(session: session).look() { findings.append(found) }
      return
    }
    do {
      let check = try await fsck([])
      let lines = check.text.split(separator: "\n")
      guard lines.contains(where: { $0.hasPrefix("missing ") || $0.hasPrefix("broken link ") })
      else { return }
      findings.append(
        Finding(
          false,
          "objects of the code are lost: 'git fsck --connectivity-only --no-reflogs' names them",
          hint: "git fetch --refetch \(session.settings.forge.remote), or a backup"))
    } catch {
      findings.append(
        Finding(
          false, "git did not get to the end of looking for lost objects of the code",
          hint: "git fsck --connectivity-only --no-reflogs"))
    }
  }

  /// True if all of the state is there and can be read, as far as git can tell.
  private func isWhole() async throws -> Bool {
    if try await !unreadable().isEmpty { return false }
    return try await isConnected() != false
  }

  /// The objects of the state, here and as the remotes had it, that cannot be read.
  private func unreadable() async throws -> [ObjectID] {
    let remotes = await remotes()
    let repository = try Repository(at: session.repository)
    return StateRecovery.unreadable(
      in: StateRecovery.tips(in: repository, of: remotes), of: repository)
  }

  /// The names of the repository's remotes; none if git does not work here.
  private func remotes() async -> [String] { (try? await session.git.remotes()) ?? [] }

  /// Fetches what is lost, from one remote after the other until nothing is.
  private mutating func refill(_ lost: LostObjects) async throws {
    let text = "objects of the state are lost"
    let (own, all) = await (try Sharing.remote(session), remotes())
    let known = try Sharing.synced(session).filter { all.contains($0) }
    var failures: [Finding] = []
    for remote in known.filter({ $0 == own }) + known.filter({ $0 != own }) {
      do {
        guard try await lost.fetch(from: remote) else {
          failures.append(
            Finding(false, "\(text), and '\(remote)' has no state", hint: "restore a backup"))
          continue
        }
        findings.append(Finding(true, "\(text): what '\(remote)' has of it was fetched anew"))
        if try await isWhole() { return }
      } catch let error as GitCommandError {
        let report = Explanation.report(of: error)
        failures.append(
          Finding(
            false, "\(text), and cannot be fetched: \(report.line)",
            hint: "once '\(remote)' can be reached: orch doctor --fix"))
      }
    }
    findings += failures
  }

  /// Joins again what was given up for lack of objects that are there now.
  private mutating func rejoin(_ tasks: TaskStore) async throws {
    for id in StateRecovery.givenUp(in: try Repository(at: session.repository)) {
      let text = "the state \(id.short()), given up for lack of objects,"
      do {
        _ = try await tasks.state.join(with: id, limits: .adoption)
        findings.append(Finding(true, "\(text) is part of the state again"))
      } catch {
        let report = Explanation.report(of: error)
        findings.append(
          Finding(false, "\(text) cannot be joined: \(report.sentence)", hint: report.hints.first))
      }
    }
  }

  /// What a crash has left, each with what was done or is to be done.
  private mutating func recover() throws {
    let repository = try Repository(at: session.repository)
    let found: [StateRecovery.Finding]
    if isMending {
      let lock = try FileLock(path: repository.commonDirectory + "/orch/lock")
      found = try StateRecovery.run(in: repository, mending: true)
      lock.release()
    } else {
      found = try StateRecovery.run(in: repository, mending: false)
    }
    findings += found.map(finding)
  }

  private func alias(in repository: borrowing Repository) throws -> Finding {
    try repository.target(of: RefLayout.alias) == .symbolic(RefLayout.state)
      ? Finding(true, "refs/orchestrator leads to refs/orch/state")
      : Finding(false, "refs/orchestrator does not lead to the state", hint: "orch doctor --fix")
  }

  private func connectivity(_ tip: ObjectID) async throws -> Finding {
    let ids = try await unreadable()
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
    let remotes = await remotes()
    let tips = try heads(remotes)
    if tips.isEmpty { return true }
    let place = try await session.git.run(["rev-parse", "--git-dir"], accepting: Set(1...255))
    guard place.exitCode == 0 else { return nil }
    return try await fsck(tips).exitCode == 0
  }

  /// What git finds missing of all that some objects, or all references, lead to.
  private func fsck(_ tips: [ObjectID]) async throws -> GitProgram.Output {
    try await session.git.run(
      [
        // What git has noted of packs and commits for speed is looked at otherwise, and says nothing of what is there.
        "-c", "core.multiPackIndex=false", "-c", "core.commitGraph=false",
        "fsck", "--no-progress", "--no-dangling", "--no-reflogs", "--connectivity-only",
      ] + tips.map(\.hex), accepting: Set(1...255), timeoutSeconds: 600)
  }

  /// The states that are looked at, this machine's and what its remotes had, and the notes.
  private func heads(_ remotes: [String]) throws -> [ObjectID] {
    let repository = try Repository(at: session.repository)
    let notes = try? repository.reference(RefLayout.notes)
    return StateRecovery.tips(in: repository, of: remotes) + [notes].compactMap { $0 }
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
        Finding(false, "the claims at '\(remote)': \(report.line)", hint: report.hints.first)
      ]
    }
  }

  /// Something that was found and mended, is to be mended, or cannot be.
  private func finding(_ found: StateRecovery.Finding) -> Finding {
    if found.isMended { return Finding(true, "\(found.text): \(found.remedy)") }
    let hint = isMending ? found.remedy : "orch doctor --fix (\(found.remedy))"
    return Finding(false, found.text, hint: hint)
  }
}
