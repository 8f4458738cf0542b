internal import Dashboard
internal import Git2
internal import GitCLI
internal import GitState
internal import Settings
internal import Workflow

/// What `orch doctor` looks at of the branches that work is merged into: whether the remote still has what was merged,
/// and what is known here of a branch that it has lost.
struct BaseDoctor {
  let session: Session

  /// How many merged tasks are looked at, the newest first.
  private static let maximumTasks = 50
  /// The most tasks that are named.
  private static let maximumNames = 3

  /// A task that is done, with the commit that it was recorded to be merged as, which is here.
  private struct Merge {
    let task: String
    let title: String
    let base: String
    let commit: ObjectID

    /// The line of a commit that says whose work it is.
    var mark: String { "Orch-Task: \(task)" }
  }

  private var remote: String { session.settings.forge.remote }

  // MARK: What the remote lacks

  /// The merged tasks that the bases at the remote lack; nothing where that cannot be told.
  func look() async -> [Finding] {
    guard let merges = try? self.merges(), !merges.isEmpty else { return [] }
    let bases = Set(merges.map(\.base)).sorted()
    let patterns = bases.map { "refs/heads/" + $0 }
    // A remote that cannot be asked is told of elsewhere.
    guard
      let heads = try? await session.git.advertisedReferences(remote: remote, patterns: patterns)
    else { return [] }
    var findings: [Finding] = []
    for base in bases {
      guard let head = heads["refs/heads/" + base].flatMap({ ObjectID(hex: $0) }),
        let lost = try? await self.lost(merges.filter { $0.base == base }, at: head), !lost.isEmpty
      else { continue }
      findings.append(finding(lost, base, head))
    }
    return findings
  }

  /// The newest merges whose commits are here.
  private func merges() throws -> [Merge] {
    let repository = try Repository(at: session.repository)
    // What a shallow clone does not have is not lost.
    guard !repository.isShallow, let tip = try StateReader.tip(in: repository) else { return [] }
    let isForge = session.settings.forge.kind == .github
    let done = try PastState(at: tip, in: session).tasks().filter { $0.status == .done }
      .sorted { $0.updatedAt > $1.updatedAt }
    var merges: [Merge] = []
    for task in done where merges.count < Self.maximumTasks {
      guard let base = task.base, let request = task.pullRequest, let name = request.mergedAs,
        // A forge that did not say what it made of the branch: the branch itself need not be in the base.
        !isForge || name != request.head,
        let commit = ObjectID(hex: name), repository.contains(commit)
      else { continue }
      merges.append(Merge(task: task.id, title: task.title, base: base, commit: commit))
    }
    return merges
  }

  /// Those of some merges that a base has neither as they were recorded nor under another name, as where somebody has
  /// rewritten it.
  private func lost(_ merges: [Merge], at head: ObjectID) async throws -> [Merge] {
    let missing = try self.missing(merges, at: head)
    guard !missing.isEmpty else { return [] }
    var arguments = ["log", "--format=%B", "--fixed-strings", head.hex]
    for merge in missing { arguments += ["--grep=\(merge.mark)", "^\(merge.commit)"] }
    let log = try await session.git.run(arguments + ["--"]).text
    return missing.filter { !log.contains($0.mark) }
  }

  /// Those of some merges that a commit does not contain; none if it is not here.
  private func missing(_ merges: [Merge], at head: ObjectID) throws -> [Merge] {
    let repository = try Repository(at: session.repository)
    guard repository.contains(head) else { return [] }
    var missing: [Merge] = []
    for merge in merges {
      if try !repository.contains(merge.commit, inHistoryOf: head) { missing.append(merge) }
    }
    return missing
  }

  private func finding(_ lost: [Merge], _ base: String, _ head: ObjectID) -> Finding {
    let names = lost.prefix(Self.maximumNames).map {
      "\($0.task.prefix(6)) \(BriefText.cut($0.title, BriefText.titleBytes))"
    }
    let more = lost.count > names.count ? ", and \(lost.count - names.count) more" : ""
    let count = lost.count == 1 ? "1 merged task is" : "\(lost.count) merged tasks are"
    return Finding(
      false,
      "\(count) not in '\(base)' at '\(remote)': \(names.joined(separator: ", "))\(more)",
      hint: try? hint(lost, base, head))
  }

  private func hint(_ lost: [Merge], _ base: String, _ head: ObjectID) throws -> String? {
    let repository = try Repository(at: session.repository)
    guard let newest = try self.newest(of: base, with: lost, in: repository) else { return nil }
    guard try repository.contains(head, inHistoryOf: newest) else {
      return "'\(base)' has gone on there without them: merge \(newest) into it, and push it"
    }
    return "look at 'git log \(head.short())..\(newest.short())', then bring it back: "
      + push(newest, base)
  }

  // MARK: What is known here

  /// What brings a base to a remote that has none: the newest that is known of it, if HEAD lacks that.
  func wayBack() -> String {
    guard let (base, commit) = try? lostBase() else { return "git push \(remote) HEAD" }
    return "it had '\(base)' at \(commit.short()), which HEAD lacks: " + push(commit, base)
  }

  private func push(_ commit: ObjectID, _ base: String) -> String {
    "git push \(remote) \(commit):refs/heads/\(base)"
  }

  private func lostBase() throws -> (base: String, commit: ObjectID)? {
    let repository = try Repository(at: session.repository)
    let merges = (try? self.merges()) ?? []
    guard let base = try self.name(in: repository, merges),
      let newest = try self.newest(
        of: base, with: merges.filter { $0.base == base }, in: repository)
    else { return nil }
    if let head = try repository.reference("HEAD"),
      try repository.contains(newest, inHistoryOf: head)
    {
      return nil
    }
    return (base, newest)
  }

  /// The name of the base: as configured, as the remote had it, as the last merge had it, or the branch that is
  /// checked out.
  private func name(
    in repository: borrowing Repository, _ merges: [Merge]
  ) throws(GitError) -> String? {
    if let base = session.settings.forge.base { return base }
    if let noted = try repository.notedDefaultBranch(of: remote) { return noted }
    if let base = merges.first?.base { return base }
    let local = "refs/heads/"
    guard case .symbolic(let name)? = try repository.target(of: "HEAD"), name.hasPrefix(local)
    else { return nil }
    return String(name.dropFirst(local.count))
  }

  /// The commit of a base that has the most of some merges, and of those with as many the newest: as it was last seen
  /// at the remote, or as the newest of the merges left it.
  private func newest(
    of base: String, with merges: [Merge], in repository: borrowing Repository
  ) throws(GitError) -> ObjectID? {
    var last = merges.first?.commit
    for merge in merges {
      if let older = last, try repository.contains(older, inHistoryOf: merge.commit) {
        last = merge.commit
      }
    }
    var candidates = [last].compactMap { $0 }
    for name in ["refs/remotes/\(remote)/\(base)", RefLayout.trackedBranch(base, of: remote)] {
      if let seen = try repository.reference(name) { candidates.append(seen) }
    }
    var best: (commit: ObjectID, count: Int)?
    for commit in candidates where repository.contains(commit) {
      var count = 0
      for merge in merges {
        if try repository.contains(merge.commit, inHistoryOf: commit) { count += 1 }
      }
      if let best {
        guard count >= best.count else { continue }
        if count == best.count, try !repository.contains(best.commit, inHistoryOf: commit) {
          continue
        }
      }
      best = (commit, count)
    }
    return best?.commit
  }
}
