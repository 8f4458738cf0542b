public import Git2

/// A repository's own references as the arbiter, for work without a remote.
///
/// It keeps the processes of one repository apart and knows of no other machine: its claims are marked
/// `unfenced`. References are never deleted, and do not move together.
public struct LocalArbiter: Arbiter {
  private let repository: RepositoryActor

  /// The arbiter in a repository.
  public init(_ repository: RepositoryActor) { self.repository = repository }

  /// Nobody else is asked.
  public var isShared: Bool { false }

  /// Reads all claims and heartbeats; throws `GitError`.
  public func read() async throws -> ArbiterView {
    try await repository.run { repository throws(GitError) in
      try repository.refreshObjects()
      let claims = try repository.references(prefix: RefLayout.claims)
      let hosts = try repository.references(prefix: RefLayout.hosts)
      return try ArbiterView(reading: claims.merging(hosts) { $1 }, in: repository)
    }
  }

  /// Moves references one by one.
  public func push(_ push: ArbiterPush) async -> [String: MoveReply] {
    await repository.run { repository in
      do {
        _ = try repository.write([], .tree)
        for commit in push.commits { _ = try repository.write(commit, .commit) }
      } catch {
        return [:]
      }
      var replies: [String: MoveReply] = [:]
      for move in push.moves { replies[move.reference] = Self.reply(to: move, in: repository) }
      return replies
    }
  }

  /// They do not.
  public func movesAtomically() async throws -> Bool { false }

  private static func reply(
    to move: ArbiterMove, in repository: borrowing Repository
  ) -> MoveReply {
    guard let new = move.new else { return .refused }
    do throws(GitError) {
      try repository.setReference(
        move.reference, to: new, expecting: move.expected, log: "orch: claim")
      return .accepted
    } catch {
      let current = try? repository.reference(move.reference)
      if current == new { return .accepted }
      return error.code == .locked ? .unknown : .refused
    }
  }
}
