internal import CPlatform
internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import Settings

/// Whether a repository's work is shared with other machines, and through which remote.
enum Sharing {
  /// The remote of the state: as asked for, as configured, the one that it was synced with, or the code's.
  static func remote(_ session: Session, asked: String? = nil) throws -> String {
    if let name = asked ?? session.settings.sync.remote { return name }
    let code = session.settings.forge.remote
    let known = try synced(session)
    return known.contains(code) ? code : known.first ?? code
  }

  /// The remotes that the state was synced with, by name.
  static func synced(_ session: Session) throws -> [String] {
    let end = "/" + RefLayout.state.dropFirst("refs/".count)
    let repository = try Repository(at: session.repository)
    let known = try repository.references(prefix: RefLayout.tracking).keys
      .filter { $0.hasSuffix(end) }
      .map { String($0.dropFirst(RefLayout.tracking.count).dropLast(end.count)) }
    // One that cannot be read says as much, and is not listed.
    return Set(known + StateRecovery.remotesWithFiles(in: repository.commonDirectory)).sorted()
  }

  /// Mends torn references, on each of which a fetch would fail, and says so.
  static func mendReferences(_ session: Session) throws {
    let repository = try Repository(at: session.repository)
    for finding in try StateRecovery.mendReferences(in: repository) {
      Output.say("\(finding.text): \(finding.remedy)")
    }
  }

  /// Files in which lines that look like a secret are meant; nil if nobody is asked about secrets.
  static func allowedSecretPaths(_ session: Session) -> [String]? {
    let settings = session.settings.redaction
    return settings.commits == .ask ? settings.allow : nil
  }

  /// What `orch run` shares; nil where nothing was synced, so that a machine that is alone asks nobody.
  static func options(_ session: Session, offline: Bool) async throws -> SharingOptions? {
    let settings = session.settings.sync
    guard settings.isEnabled else { return nil }
    let remote = try remote(session)
    guard try synced(session).contains(remote) else { return nil }
    var options = SharingOptions(remote: remote, monotonicClock: { Int(orch_monotonic_ms()) })
    options.lifetimeSeconds = settings.claimSeconds
    options.intervalSeconds = settings.intervalSeconds
    options.idleIntervalSeconds = settings.idleIntervalSeconds
    options.checkpointSeconds = settings.checkpointSeconds
    options.isOffline = offline
    options.allowedSecretPaths = allowedSecretPaths(session)
    let url = try await session.git.run(["remote", "get-url", remote]).text
    options.pushesPerMinute = PushBudget.perMinute(url: url.filter { !$0.isWhitespace })
    return options
  }
}
