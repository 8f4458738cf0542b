internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

/// References that orch, other processes of it and people move while a worker runs.
///
/// They are tracking references, claims, heartbeats, jobs. What one leads to says whether any of them can have
/// moved it.
struct SharedReferences {
  /// What is thought of a reference that was moved.
  enum Verdict: Equatable {
    /// Nobody has to be told.
    case innocent
    /// It may be anybody's doing, and stays.
    case open
    /// Neither git nor orch moves it so: it is put back.
    case foreign
  }

  let runner: EffectRunner
  /// Commits that the attempt made.
  let own: Set<String>
  /// What the remote showed after the worker had ended; nil if it was not looked at.
  let seen: [String: String]?

  /// True for references that are judged here.
  static func isShared(_ name: String) -> Bool {
    let kinds = [
      "refs/remotes/", RefLayout.tracking, RefLayout.claims, RefLayout.hosts, RefLayout.jobs,
      RefLayout.inbox, RefLayout.arbiter,
    ]
    return kinds.contains(where: name.hasPrefix)
  }

  /// Judges a reference that leads somewhere else than before.
  func verdict(on name: String, now: String?) async throws -> Verdict {
    // What is gone comes back with the next fetch, or was removed by upkeep.
    guard let now else { return .innocent }
    if let (remote, branch) = Self.trackedBranch(name) {
      // Symbolic: what it names is judged by itself.
      if branch == "HEAD" { return .innocent }
      return try await verdict(on: branch, of: remote, now)
    }
    if own.contains(now) { return .foreign }
    guard let form = Self.form(of: name), try await !has(form, now) else { return .innocent }
    return await isAtRemote(name, now)
  }

  /// What is thought of a reference that leads to nothing of orch's: a remote may have just that.
  private func isAtRemote(_ name: String, _ now: String) async -> Verdict {
    guard name.hasPrefix(RefLayout.tracking) else { return .foreign }
    let parts = name.dropFirst(RefLayout.tracking.count).split(separator: "/", maxSplits: 1)
      .map(String.init)
    guard parts.count == 2 else { return .foreign }
    let isWhole = ["orch/", "notes/"].contains(where: parts[1].hasPrefix)
    let there = (isWhole ? "refs/" : "refs/orch/") + parts[1]
    let git = runner.git.limited(toSeconds: EffectRunner.shortLookSeconds)
    guard let heads = try? await git.advertisedReferences(remote: parts[0], patterns: [there])
    else { return .open }
    return heads[there] == now ? .innocent : .foreign
  }

  // MARK: Branches of remotes

  /// The remote and the branch that a tracking reference stands for.
  private static func trackedBranch(_ name: String) -> (remote: String, branch: String)? {
    let isOrchs = name.hasPrefix(RefLayout.tracking)
    let start = isOrchs ? RefLayout.tracking : "refs/remotes/"
    guard name.hasPrefix(start) else { return nil }
    let parts = name.dropFirst(start.count).split(separator: "/", maxSplits: isOrchs ? 2 : 1)
      .map(String.init)
    guard parts.count == (isOrchs ? 3 : 2), !isOrchs || parts[1] == "heads" else { return nil }
    return (parts[0], parts[parts.count - 1])
  }

  /// A tracking reference is what the remote has now or had a moment ago; nobody else's commits are there.
  private func verdict(
    on branch: String, of remote: String, _ now: String
  ) async throws -> Verdict {
    // Branches of tasks come and go at the remote as orch pushes and merges them.
    if runner.room.isPublished(now) || branch.hasPrefix("orch/") && !own.contains(now) {
      return .innocent
    }
    guard let heads = await heads(of: remote) else { return own.contains(now) ? .foreign : .open }
    if heads.values.contains(now) { return .innocent }
    // The remote may have moved on since somebody fetched.
    guard let head = heads["refs/heads/" + branch], let old = ObjectID(hex: now) else {
      return own.contains(now) ? .foreign : .open
    }
    if remote == runner.options.remote {
      _ = try? await runner.network.run { try await runner.fetchBranch(branch) }
    }
    guard let new = ObjectID(hex: head) else { return .open }
    return try await runner.isContained(old, in: new) ? .innocent : .foreign
  }

  private func heads(of remote: String) async -> [String: String]? {
    if remote == runner.options.remote, let seen { return seen }
    let git = runner.git.limited(toSeconds: EffectRunner.shortLookSeconds)
    let heads = try? await git.advertisedReferences(remote: remote, patterns: ["refs/heads/*"])
    if let heads { runner.room.notePublished(heads.values) }
    return heads
  }

  // MARK: Forms

  /// What orch puts under a reference.
  private enum Form { case emptyCommit, state, notes }

  private static func form(of name: String) -> Form? {
    if [RefLayout.claims, RefLayout.hosts, RefLayout.jobs].contains(where: name.hasPrefix) {
      return .emptyCommit
    }
    if name == RefLayout.arbiter { return .emptyCommit }
    guard name.hasPrefix(RefLayout.tracking) else { return nil }
    let parts = name.dropFirst(RefLayout.tracking.count).split(separator: "/", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    switch parts[1] {
    case "orch/state": return .state
    case "notes/orchestrator": return .notes
    case "orch/arbiter": return .emptyCommit
    default:
      let kinds = ["claims/", "hosts/", "jobs/"]
      return kinds.contains(where: parts[1].hasPrefix) ? .emptyCommit : nil
    }
  }

  private func has(_ form: Form, _ object: String) async throws -> Bool {
    guard let id = ObjectID(hex: object) else { return false }
    return try await runner.code.run { repository throws(GitError) -> Bool in
      try repository.refreshObjects()
      guard try repository.header(of: id)?.kind == .commit else { return false }
      switch form {
      case .emptyCommit: return try repository.bytes(of: repository.commit(id).tree, .tree).isEmpty
      case .state: return StateRecovery.isState(id, in: repository)
      case .notes: return try Notes.problem(with: id, in: repository) == nil
      }
    }
  }
}
