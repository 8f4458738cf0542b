internal import Git2
public import GitCLI
public import GitState

/// A claim as people and scripts read it.
public struct ListedClaim: Sendable, Hashable {
  /// The task's name.
  public var task: String
  /// Who has or had it.
  public var host: String
  /// Its token.
  public var token: Int
  /// held, closed or released; "unknown" for one that this version cannot read.
  public var phase: String
  /// True if no remote was asked.
  public var isUnfenced: Bool
  /// When it was last moved, by the host's own clock, in milliseconds since 1970.
  public var movedAt: Int?
}

/// A machine as people and scripts read it.
public struct ListedHost: Sendable, Hashable {
  /// Its name in the state.
  public var host: String
  /// True for this machine.
  public var isThis: Bool
  /// Its last sign of life at the remote, by its own clock, in milliseconds since 1970.
  public var beatAt: Int?
  /// The silence after which its tasks may be taken over, in seconds.
  public var lifetimeSeconds: Int?
  /// Who ended its heartbeat after it had been silent.
  public var endedBy: String?
  /// The tasks that it has, by name.
  public var tasks: [String] = []
}

/// Looks at claims and heartbeats without taking part.
public struct ClaimList: Sendable {
  private let repository: RepositoryActor
  private let arbiter: any Arbiter

  /// Looks at a remote, or with nil at this repository's own claims, which are those of work offline.
  public init(git: GitProgram, remote: String?, state: StateStore) throws {
    repository = try RepositoryActor(at: git.directory)
    arbiter =
      if let remote {
        try GitArbiter(git: git, remote: remote, expected: { try? await state.arbiter()?.id })
      } else {
        LocalArbiter(repository)
      }
  }

  /// Every claim, those in work first; throws `GitCommandError` if the remote cannot be reached.
  public func claims() async throws -> [ListedClaim] {
    let view = try await arbiter.read()
    var result: [ListedClaim] = []
    for (task, posted) in view.claims {
      let claim = posted.content
      result.append(
        ListedClaim(
          task: task.text, host: claim?.host ?? "", token: claim?.token ?? 0,
          phase: claim?.phase.rawValue ?? "unknown", isUnfenced: claim?.isUnfenced ?? false,
          movedAt: claim == nil ? nil : await time(of: posted.id)))
    }
    return result.sorted {
      ($0.phase != "held" ? 1 : 0, $0.task) < ($1.phase != "held" ? 1 : 0, $1.task)
    }
  }

  /// Every machine that was heard of, by name; `this` is this one's.
  public func hosts(this: String?) async throws -> [ListedHost] {
    let view = try await arbiter.read()
    let held = view.claims.values.compactMap(\.content).filter(\.isHeld)
    let names = Set(view.hosts.keys).union(held.map(\.host)).union(this.map { [$0] } ?? [])
    var result: [ListedHost] = []
    for name in names.sorted() {
      let posted = view.hosts[name]
      var host = ListedHost(host: name, isThis: name == this)
      host.beatAt = if let posted, posted.content != nil { await time(of: posted.id) } else { nil }
      host.lifetimeSeconds = posted?.content.map { $0.lifetime / 1000 }
      host.endedBy = posted?.content?.endedBy
      host.tasks = held.filter { $0.host == name }.map(\.task.text).sorted()
      result.append(host)
    }
    return result
  }

  private func time(of id: ObjectID) async -> Int? {
    await repository.run { repository in
      (try? repository.commit(id)).map { Int($0.committer.seconds) * 1000 }
    }
  }
}
