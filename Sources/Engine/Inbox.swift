internal import Git2
public import GitCLI
internal import GitState
public import Workflow

/// Takes in tasks that were filed at a remote with git alone, by pushes to `refs/orch/inbox/`.
///
/// Look, fetch, record, push the state, and only then delete what was taken, each only if it still is what was
/// read. Killed anywhere in between, the next look goes on; the task's name is made of the object, so there
/// is one of it.
public struct Inbox: Sendable {
  /// The most references that one look takes in.
  public static let maximumPerLook = 100

  /// What `take` looks at.
  public static let pattern = RefLayout.inbox + "*"

  private let tasks: TaskStore
  private let git: GitProgram
  private let remote: String

  /// The inbox of a remote of the repository that `git` works in.
  public init(_ tasks: TaskStore, git: GitProgram, remote: String) {
    self.tasks = tasks
    self.git = git
    self.remote = remote
  }

  /// What a look found.
  public struct Look: Sendable {
    /// New tasks.
    public var made: [TaskView] = []
    /// References whose asks are in the state now, with their objects.
    public var taken: [String: String] = [:]
    /// References that are no ask, and why; they stay at the remote.
    public var refused: [(reference: String, reason: String)] = []
    /// Their objects.
    var refusedObjects: [String] = []
  }

  /// Records what the inbox holds; `now` is in milliseconds since 1970.
  ///
  /// Objects of `known` are left alone: they were refused before. `seen` is what a look at `pattern` has shown just
  /// now. Throws if the remote cannot be reached.
  public func take(
    now: Int, leaving known: Set<String> = [], after seen: [String: String]? = nil
  ) async throws -> Look {
    let all =
      if let seen { seen } else {
        try await git.advertisedReferences(remote: remote, patterns: [Self.pattern])
      }
    let heads = all.filter { $0.key.hasPrefix(RefLayout.inbox) }
    let wanted = heads.filter { !known.contains($0.value) }
      .sorted { $0.key < $1.key }.prefix(Self.maximumPerLook)
    var look = Look()
    guard !wanted.isEmpty else {
      if heads.isEmpty { try await forget(keeping: []) }
      return look
    }
    let unreachable = await fetch(wanted.map { ($0.key, $0.value) })
    var asks: [Ask] = []
    for (reference, object) in wanted {
      guard let id = ObjectID(hex: object) else { continue }
      if let reason = unreachable[reference] {
        look.refused.append((reference, reason))
        look.refusedObjects.append(object)
        continue
      }
      do {
        asks += try await tasks.state.withRepository { repository in
          try repository.refreshObjects()
          return try InboxReader.asks(reference, id, in: repository)
        }
        look.taken[reference] = object
      } catch let refusal as InboxReader.Refusal {
        look.refused.append((reference, refusal.reason))
        look.refusedObjects.append(object)
      }
    }
    look.made = try await AskedTasks(tasks).record(asks, now: now)
    return look
  }

  /// Deletes what was taken, each only if it still is that object; to be called when the state is safe.
  public func clear(_ look: Look) async throws {
    guard !look.taken.isEmpty else { return }
    // Another machine may have been faster with some of them: that is no failure.
    _ = try await git.push(
      remote: remote,
      look.taken.sorted { $0.key < $1.key }.map {
        PushUpdate(nil, to: $0.key, expecting: .object($0.value))
      })
    try await forget(keeping: Set(look.refused.map(\.reference)))
  }

  /// Fetches all, and if that fails one by one, so that a broken object keeps no other out.
  private func fetch(_ wanted: [(reference: String, object: String)]) async -> [String: String] {
    let specs = wanted.map { "+\($0.reference):\(tracking($0.object))" }
    if (try? await git.fetch(remote: remote, refspecs: specs, checkingObjects: true)) != nil {
      return [:]
    }
    var failures: [String: String] = [:]
    for ((reference, _), spec) in zip(wanted, specs) {
      do throws(GitCommandError) {
        try await git.fetch(remote: remote, refspecs: [spec], checkingObjects: true)
      } catch {
        let reason = Ask.words(FailureText.sentence(error)).prefix(200)
        failures[reference] = "it cannot be fetched: \(reason)"
      }
    }
    return failures
  }

  /// Named by the object: names at the remote come and go, and one may be a folder of another.
  private func tracking(_ object: String) -> String {
    "\(RefLayout.tracking)\(remote)/inbox/\(object)"
  }

  /// Removes tracking references, so that their objects can be collected.
  private func forget(keeping kept: Set<String>) async throws {
    guard kept.isEmpty else { return }
    let prefix = "\(RefLayout.tracking)\(remote)/inbox/"
    let names = try await tasks.state.withRepository { repository in
      try repository.references(prefix: prefix).keys.sorted()
    }
    guard !names.isEmpty else { return }
    try await git.run(
      ["update-ref", "--stdin"], input: names.map { "delete \($0)\n" }.joined())
  }
}

extension Inbox {
  /// Takes in what lies in the inbox of this very repository: a server's, from its `post-receive`.
  public static func takeOwn(
    _ tasks: TaskStore, git: GitProgram, now: Int
  ) async throws -> Look {
    let heads = try await tasks.state.withRepository { repository in
      try repository.references(prefix: RefLayout.inbox)
    }
    var look = Look()
    var asks: [Ask] = []
    for (reference, id) in heads.sorted(by: { $0.key < $1.key }).prefix(maximumPerLook) {
      do {
        asks += try await tasks.state.withRepository { repository in
          try InboxReader.asks(reference, id, in: repository)
        }
        look.taken[reference] = id.hex
      } catch let refusal as InboxReader.Refusal {
        look.refused.append((reference, refusal.reason))
      }
    }
    look.made = try await AskedTasks(tasks).record(asks, now: now)
    guard !look.taken.isEmpty else { return look }
    // Each only if it still is what was read; one that moved meanwhile is taken in by its own push.
    for (reference, object) in look.taken.sorted(by: { $0.key < $1.key }) {
      _ = try await git.run(
        ["update-ref", "-d", reference, object], accepting: Set(1...128))
    }
    return look
  }
}
