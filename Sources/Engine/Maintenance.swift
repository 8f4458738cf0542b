internal import Agents
internal import Git2
public import GitCLI
internal import GitState
internal import Workflow

/// Keeps a repository with much history fast, and lets go of checkpoints that nobody needs any more.
///
/// History itself is never shortened. Everything here may run beside the user's own `git gc`: what one of the
/// two is in the middle of, the other leaves for its next time.
public struct Maintenance: Sendable {
  /// How long the checkpoints of a task that is over stay, in days.
  public static let defaultDays = 30
  /// The loose objects from which they are packed.
  static let maximumLooseObjects = 3000
  /// The packs from which they are joined, those that orch keeps and joins itself not counted.
  static let maximumPacks = 50
  /// The most references that one push removes.
  static let maximumRemoved = 500
  /// How long a packing may take, in seconds.
  static let packingSeconds = 3600
  private static let dayMilliseconds = 86_400_000

  /// What was done.
  public struct Report: Sendable, Hashable {
    /// True if the commits' index was written.
    public var wroteCommitGraph = false
    /// True if objects were packed.
    public var packed = false
    /// References that are gone here.
    public var removed: [String] = []
    /// References that are gone at the remote.
    public var removedAtRemote: [String] = []
    /// References of tasks that are over, which the remote has still: it refused to remove them.
    public var leftAtRemote: [String] = []
    /// True if the remote could not be asked; what is there stays until the next time.
    public var isRemoteAway = false
    /// Tasks whose logs and other files of their workers are gone here.
    public var removedRuns: [String] = []
    /// Images built for containers that are gone.
    public var removedImages: [String] = []

    /// How many references are gone, each counted once, be it here or at the remote.
    public var removedCount: Int { Set(removed).union(removedAtRemote).count }
  }

  private let git: GitProgram
  private let tasks: TaskStore
  private let remote: String?
  private let images: BuiltImages?

  /// Maintenance of a repository; `remote` is that of the state where it is shared.
  public init(git: GitProgram, tasks: TaskStore, remote: String?, images: BuiltImages? = nil) {
    self.git = git
    self.tasks = tasks
    self.remote = remote
    self.images = images
  }

  /// Does all of it; `now` is in milliseconds since 1970.
  ///
  /// Images go after `days` that nobody used them, or after a week. With `dryRun`, only says what would go. Throws if the state cannot be read. A remote that is away, or a lock of git's own, is left for the next time.
  public func run(days: Int = defaultDays, now: Int, dryRun: Bool = false) async throws -> Report {
    var report = Report()
    let limit = now - days * Self.dayMilliseconds
    let over = try await names(overBefore: limit)
    let expired = try await expired(over)
    let runs = try await expiredRuns(before: limit)
    let there = await shown()
    report.removedImages =
      await images?.removeUnused(days: min(days, BuiltImages.days), now: now, dryRun: dryRun) ?? []
    report.isRemoteAway = there == nil
    let overThere = (there ?? [:]).filter { Self.isOf(over, $0.key) }
    if dryRun {
      report.removed = expired.keys.sorted()
      report.removedAtRemote = overThere.keys.sorted()
      report.removedRuns = runs
      return report
    }
    report.removedRuns = await removeRuns(runs)
    report.removedAtRemote = await remove(overThere)
    report.leftAtRemote = overThere.keys.filter { !report.removedAtRemote.contains($0) }.sorted()
    report.removed = await removeHere(expired)
    if let there { await forget(whatIsNotIn: there) }
    report.packed = await packObjects()
    report.wroteCommitGraph = await writeCommitGraph()
    return report
  }

  // MARK: Checkpoints

  /// Below these, references belong to attempts.
  private static let prefixes = [RefLayout.workInProgress, RefLayout.leftovers]

  /// The tasks that were over before a time.
  private func names(overBefore limit: Int) async throws -> Set<String> {
    let over = try await tasks.all().values.filter { $0.status.isTerminal && $0.updatedAt < limit }
    return Set(over.map(\.id))
  }

  /// True for a reference of an attempt of one of these tasks.
  private static func isOf(_ tasks: Set<String>, _ name: String) -> Bool {
    prefixes.contains { prefix in
      name.hasPrefix(prefix)
        && tasks.contains(String(name.dropFirst(prefix.count).prefix { $0 != "/" }))
    }
  }

  /// The references here of attempts of these tasks, with their objects.
  private func expired(_ over: Set<String>) async throws -> [String: ObjectID] {
    try await tasks.state.withRepository { repository in
      var result: [String: ObjectID] = [:]
      for prefix in Self.prefixes {
        for (name, id) in try repository.references(prefix: prefix) where Self.isOf(over, name) {
          result[name] = id
        }
      }
      return result
    }
  }

  /// The tasks that were over before a time and whose workers left files here, sorted.
  private func expiredRuns(before limit: Int) async throws -> [String] {
    let root = tasks.state.folder.path + "/run"
    return try await tasks.all().values
      .filter { $0.status.isTerminal && $0.updatedAt < limit }.map(\.id)
      .filter { EffectRunner.exists("\(root)/\($0)") }.sorted()
  }

  /// Removes the run directories of tasks; returns those that are gone.
  private func removeRuns(_ ids: [String]) async -> [String] {
    let root = tasks.state.folder.path + "/run"
    for id in ids {
      let run = ShellCommand.quoted("\(root)/\(id)")
      _ = try? await ShellCommand.run(
        "chmod -R u+rwX \(run); rm -rf \(run)", in: "/", environment: Self.environment,
        timeoutSeconds: 600)
    }
    return ids.filter { !EffectRunner.exists("\(root)/\($0)") }
  }

  /// What removing needs of an environment.
  private static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"]

  private func removeHere(_ references: [String: ObjectID]) async -> [String] {
    var removed: [String] = []
    for (name, id) in references.sorted(by: { $0.key < $1.key }) {
      // By compare-and-swap: a checkpoint that was renewed meanwhile stays.
      let done = try? await git.run(["update-ref", "-d", name, id.hex])
      if done != nil { removed.append(name) }
    }
    return removed
  }

  /// What the remote has of attempts, claims and hosts; nil if it cannot be asked.
  private func shown() async -> [String: String]? {
    guard let remote else { return [:] }
    let prefixes = Self.prefixes + [RefLayout.claims, RefLayout.hosts]
    return try? await git.advertisedReferences(remote: remote, patterns: prefixes.map { $0 + "*" })
  }

  /// Removes references at the remote, whoever has put them there, each only if it is as it was shown.
  private func remove(_ references: [String: String]) async -> [String] {
    guard let remote else { return [] }
    var left = references.sorted { $0.key < $1.key }[...]
    var removed: [String] = []
    while !left.isEmpty {
      let updates = left.prefix(Self.maximumRemoved).map {
        PushUpdate(nil, to: $0.key, expecting: .object($0.value))
      }
      left = left.dropFirst(Self.maximumRemoved)
      guard let outcomes = try? await git.push(remote: remote, updates) else { break }
      removed += outcomes.filter { $0.value == .done }.keys
    }
    return removed.sorted()
  }

  /// Removes tracking references of what the remote no longer has: they would hold its objects for ever.
  ///
  /// Those of checkpoints that are kept here stay: by them a sync knows that the remote was relieved of them.
  private func forget(whatIsNotIn there: [String: String]) async {
    guard let remote else { return }
    let own = "refs/orch/"
    let prefix = "\(RefLayout.tracking)\(remote)/"
    let gone = try? await tasks.state.withRepository { repository in
      var gone: [String: ObjectID] = [:]
      for folder in ["claims/", "hosts/", "orch/wip/"] {
        for (name, id) in try repository.references(prefix: prefix + folder) {
          let rest = name.dropFirst(prefix.count)
          let original = rest.hasPrefix("orch/") ? "refs/" + rest : own + rest
          if there[original] == nil, try repository.reference(original) == nil { gone[name] = id }
        }
      }
      return gone
    }
    guard let gone, !gone.isEmpty else { return }
    let lines = gone.sorted { $0.key < $1.key }.map { "delete \($0.key) \($0.value)\n" }
    _ = try? await git.run(["update-ref", "--stdin"], input: lines.joined())
  }

  // MARK: Objects

  /// True if so many packs lie about that every reader is slower for it.
  static func hasManyPacks(_ commonDirectory: String) -> Bool {
    PackConsolidator.unkeptPacks(commonDirectory + "/objects") > maximumPacks
  }

  /// Packs what lies about in single files or in many packs, if it is much.
  @discardableResult
  func packObjects() async -> Bool {
    guard let counts = try? await git.run(["count-objects", "-v"]).text else { return false }
    let numbers = counts.split(separator: "\n").reduce(into: [String: Int]()) { result, line in
      let words = line.split(separator: ":")
      if words.count == 2 { result[String(words[0])] = Int(words[1].drop { $0 == " " }) }
    }
    let isLoose = numbers["count"] ?? 0 > Self.maximumLooseObjects
    guard isLoose || Self.hasManyPacks(tasks.state.folder.commonDirectory) else { return false }
    let done = try? await git.run(
      ["repack", "-d", "-l", "--quiet", "--geometric=2"], timeoutSeconds: Self.packingSeconds)
    return done != nil
  }

  /// Writes which commit changes which path, so that the history of one task is found without reading trees.
  private func writeCommitGraph() async -> Bool {
    let tip = try? await tasks.state.withRepository { repository in
      try repository.reference(RefLayout.state)
    }
    guard let tip = tip ?? nil else { return false }
    let done = try? await git.run(
      [
        "commit-graph", "write", "--stdin-commits", "--changed-paths", "--split", "--no-progress",
      ], input: tip.hex + "\n", timeoutSeconds: Self.packingSeconds)
    return done != nil
  }
}
