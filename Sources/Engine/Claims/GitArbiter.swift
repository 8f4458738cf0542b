public import Git2
public import GitCLI
public import GitState
internal import Synchronization

/// A git remote as the arbiter of claims: the server's compare-and-swap decides.
///
/// Commits are made here, and go over the network with the git program. What was seen is kept under
/// `refs/orch/remotes/<remote>/`, so that the user's garbage collection leaves it alone.
public final class GitArbiter: Arbiter {
  /// How often a read is begun anew because a reference vanished in the middle of it.
  static let maximumReads = 3
  /// The most references that one fetch asks for.
  static let maximumNamedReferences = 500
  /// The most fetches in one look that may fail; what is left of it cannot be read then.
  static let maximumFailedFetches = 40

  private let git: GitProgram
  /// For pushes that carry work, which may be large.
  private let publishing: GitProgram
  private let repository: RepositoryActor
  private let remote: String
  private let expected: @Sendable () async -> ObjectID?
  private let isAtomic = Mutex<Bool?>(nil)
  private let failures = Mutex(FailedObjects())

  /// Other hosts are asked.
  public var isShared: Bool { true }

  /// The arbiter at a remote of the repository that `git` works in; throws `OpenError`.
  ///
  /// The program's time limit should be well below a claim's lifetime: what takes longer is an unknown
  /// answer, and is looked up. `publishing` is the one for pushes that carry work beside the claim.
  /// `expected` is the mark that the remote must have; nil where none was chosen.
  public init(
    git: GitProgram, remote: String, publishing: GitProgram? = nil,
    expected: @escaping @Sendable () async -> ObjectID? = { nil }
  ) throws {
    self.git = git
    self.expected = expected
    self.publishing = publishing ?? git
    self.remote = remote
    repository = try RepositoryActor(at: git.directory)
  }

  /// Reads all claims and heartbeats; throws if the remote cannot be reached.
  public func read() async throws -> ArbiterView {
    var reads = 0
    while true {
      let names = try await git.advertisedReferences(
        remote: remote,
        patterns: [RefLayout.claims + "*", RefLayout.hosts + "*", RefLayout.arbiter])
      reads += 1
      if let mark = await expected(), names[RefLayout.arbiter] != mark.hex {
        throw SyncError.notTheArbiter(remote: remote)
      }
      do {
        return try await view(listed: names)
      } catch {
        guard reads < Self.maximumReads else { throw error }
      }
    }
  }

  /// Moves references; nothing is believed that the server did not say.
  public func push(_ push: ArbiterPush) async -> [String: MoveReply] {
    do {
      try await write(push.commits)
      let updates = push.moves.map { move in
        PushUpdate(
          move.new?.hex, to: move.reference,
          expecting: move.expected.map { .object($0.hex) } ?? .absent)
      }
      let isSmall = push.moves.allSatisfy { Self.isOwn($0.reference) }
      let outcomes = try await (isSmall ? git : publishing).push(
        remote: remote, updates, atomic: push.isAtomic)
      let replies = outcomes.mapValues { $0 == .done ? MoveReply.accepted : .refused }
      await keep(push.moves.filter { replies[$0.reference] == .accepted })
      return replies
    } catch {
      return [:]
    }
  }

  /// True if the remote moves several references as one; asked once.
  public func movesAtomically() async throws -> Bool {
    if let known = isAtomic.withLock({ $0 }) { return known }
    let probe = CommitText(
      tree: Self.emptyTree, parents: [], author: Self.nobody, committer: Self.nobody,
      message: "orch: probe\n")
    let id = try await repository.run { repository throws(GitError) in
      _ = try repository.write([], .tree)
      return try repository.write(probe.bytes, .commit)
    }
    let answer = try await git.acceptsAtomicPush(remote: remote, of: id.hex)
    isAtomic.withLock { $0 = answer }
    return answer
  }

  private static let nobody = Signature(name: "orch", email: "orch@localhost", seconds: 0)
  private static let emptyTree =
    ObjectID(hex: "4b825dc642cb6eb9a060e54bf8d69288fbee4904") ?? .zero

  // MARK: Reading

  private func view(listed names: [String: String]) async throws -> ArbiterView {
    var references = names.compactMapValues { ObjectID(hex: $0) }
      .filter { ArbiterView.isName($0.key) }
    var unreadable = failures.withLock { $0.look() }
    let (known, failed) = (references, unreadable)
    let missing = await repository.run { repository in
      try? repository.refreshObjects()
      return known.filter { !failed.contains($0.value) && !repository.contains($0.value) }.map(
        \.key)
    }
    if !missing.isEmpty {
      try await removeBroken()
      let bad = try await fetch(missing.sorted(), shown: references)
      unreadable.formUnion(bad.compactMap { references[$0] })
      for (name, id) in try await tracked(missing.filter { !bad.contains($0) }) {
        references[name] = id
      }
    }
    let (all, except) = (references, unreadable)
    return try await repository.run { repository throws(GitError) in
      try ArbiterView(reading: all, except: except, in: repository)
    }
  }

  /// Fetches claims and heartbeats by name; returns those that cannot be fetched.
  ///
  /// One object that git's checks refuse makes a whole fetch fail. Where git names it, it is left out; else the
  /// fetch is split, until the bad one is alone. Throws if the remote cannot be reached.
  private func fetch(
    _ names: [String], shown: [String: ObjectID]
  ) async throws -> Set<String> {
    let most = Self.maximumNamedReferences
    var parts = stride(from: 0, to: names.count, by: most).map {
      (names: names[$0..<min($0 + most, names.count)], tries: 0)
    }
    var bad: Set<String> = []
    var failedFetches = 0
    while let (part, tries) = parts.popLast() {
      guard failedFetches < Self.maximumFailedFetches else {
        bad.formUnion(part)
        continue
      }
      do throws(GitCommandError) {
        try await git.fetch(
          remote: remote, refspecs: part.map { "+\($0):\(tracking($0))" }, checkingObjects: true)
      } catch {
        guard case .failed(_, _, let detail) = error, let name = part.first else { throw error }
        // A remote that is away is no object's fault.
        let ids = try await git.advertisedReferences(remote: remote, patterns: [name])
        failedFetches += 1
        let refused = part.filter { name in shown[name].map { detail.contains($0.hex) } ?? false }
        for id in refused.compactMap({ shown[$0] }) { failures.withLock { $0.note(id) } }
        bad.formUnion(refused)
        let rest = part.filter { !refused.contains($0) }[...]
        if rest.isEmpty { continue }
        if rest.count > 1 {
          parts += [(rest.prefix(rest.count / 2), 0), (rest.dropFirst(rest.count / 2), 0)]
        } else if !refused.isEmpty || tries < Self.maximumReads {
          parts.append((rest, refused.isEmpty ? tries + 1 : 0))
        } else {
          bad.insert(name)
          if let id = ids[name].flatMap({ ObjectID(hex: $0) }) { failures.withLock { $0.note(id) } }
        }
      }
    }
    return bad
  }

  /// Removes tracking references whose object is gone: a user's `git gc --prune=now` may have removed it
  /// before the reference was made, and every later fetch of theirs would fail on it.
  private func removeBroken() async throws {
    let prefix = "\(RefLayout.tracking)\(remote)/"
    let broken = try await repository.run { repository throws(GitError) in
      let all = try repository.references(prefix: prefix + "claims/")
        .merging(try repository.references(prefix: prefix + "hosts/")) { $1 }
      return all.filter { !repository.contains($0.value) }.map(\.key).sorted()
    }
    guard !broken.isEmpty else { return }
    let lines = broken.map { "delete \($0)\n" }.joined()
    try await git.run(["update-ref", "--stdin"], input: lines)
  }

  /// What a fetch brought: a reference may have moved since it was listed.
  private func tracked(_ names: [String]) async throws -> [String: ObjectID] {
    let pairs = names.map { ($0, tracking($0)) }
    return try await repository.run { repository throws(GitError) in
      try repository.refreshObjects()
      var result: [String: ObjectID] = [:]
      for (name, tracking) in pairs { result[name] = try repository.reference(tracking) }
      return result
    }
  }

  private static func isOwn(_ name: String) -> Bool {
    name.hasPrefix(RefLayout.claims) || name.hasPrefix(RefLayout.hosts)
  }

  private func tracking(_ name: String) -> String {
    "\(RefLayout.tracking)\(remote)/\(name.dropFirst("refs/orch/".count))"
  }

  // MARK: Writing

  private func write(_ commits: [[UInt8]]) async throws {
    try await repository.run { repository throws(GitError) in
      try repository.refreshObjects()
      if !commits.isEmpty { _ = try repository.write([], .tree) }
      for commit in commits { _ = try repository.write(commit, .commit) }
    }
  }

  /// Keeps what was pushed from garbage collection; best effort, the next read fetches what is missing.
  private func keep(_ moves: [ArbiterMove]) async {
    let kept = moves.filter { Self.isOwn($0.reference) }.map { (tracking($0.reference), $0.new) }
    await repository.run { repository in
      for case (let name, let id?) in kept {
        let old = try? repository.reference(name)
        try? repository.setReference(name, to: id, expecting: old, log: "orch: claim")
      }
    }
  }
}
