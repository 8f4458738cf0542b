internal import Git2
public import GitCLI
public import GitState

/// Brings the state of this machine and that of a remote together: look, fetch, join, push.
///
/// The network is git's, so that the user's transports and credentials work; histories are joined here.
/// Nothing at the remote is ever overwritten: each push names the value that it replaces.
public struct StateSync: Sendable {
  /// How often a push that another machine was faster with is begun anew.
  public static let maximumTries = 12
  /// The longest pause between two tries, in milliseconds; a random part of it is waited.
  static let longestPauseMilliseconds = 5000
  /// The first pause's bound, in milliseconds; it doubles.
  static let firstPauseMilliseconds = 200
  /// The most references of work in progress that one push carries.
  static let maximumPushedReferences = 500

  let state: StateStore
  let git: GitProgram
  let remote: String

  /// Syncs with a remote of the repository that `git` runs in.
  public init(state: StateStore, git: GitProgram, remote: String) {
    self.state = state
    self.git = git
    self.remote = remote
  }

  /// Where the remote's reference is tracked.
  private func tracked(_ reference: String) -> String {
    "\(RefLayout.tracking)\(remote)/\(reference.dropFirst("refs/".count))"
  }

  /// Fetches, joins and pushes until both sides are the same, or others are faster for all tries.
  ///
  /// Throws `GitCommandError` if the remote cannot be reached, `StateError.refused` if its state must not be
  /// joined, `StateError.busy` if others were faster each time.
  public func run() async throws -> SyncReport {
    var report = SyncReport()
    for number in 0..<Self.maximumTries {
      if number > 0 { try await pause(number) }
      let remoteHeads = try await git.advertisedReferences(
        remote: remote,
        patterns: [RefLayout.state, RefLayout.notes, RefLayout.workInProgress + "*"])
      try await takeIn(remoteHeads, &report)
      if try await push(remoteHeads, &report) { return report }
      report.tries += 1
    }
    throw StateError.busy(tries: Self.maximumTries)
  }

  private func pause(_ number: Int) async throws {
    let bound = min(
      Self.longestPauseMilliseconds, Self.firstPauseMilliseconds << (number - 1))
    try await Task.sleep(for: .milliseconds(Int.random(in: 10...bound)))
  }

  /// Fetches what differs, and joins it.
  private func takeIn(_ heads: [String: String], _ report: inout SyncReport) async throws {
    let own = try await ownReferences()
    let wanted = [RefLayout.state, RefLayout.notes].filter {
      heads[$0] != nil && heads[$0] != own[$0]
    }
    guard !wanted.isEmpty else { return }
    try await git.fetch(
      remote: remote, refspecs: wanted.map { "+\($0):\(tracked($0))" }, checkingObjects: true)
    let fetched = try await references(wanted.map(tracked))
    if let tip = fetched[tracked(RefLayout.state)].flatMap({ ObjectID(hex: $0) }) {
      report.take(try await state.join(with: tip))
    }
    if let tip = fetched[tracked(RefLayout.notes)].flatMap({ ObjectID(hex: $0) }) {
      try await state.withRepository { repository in
        _ = try Notes.join(tip, into: RefLayout.notes, in: repository)
      }
    }
  }

  /// Pushes what the remote lacks; false if another machine was faster.
  private func push(_ heads: [String: String], _ report: inout SyncReport) async throws -> Bool {
    let own = try await ownReferences()
    var updates: [PushUpdate] = []
    // A remote whose history must not become part of ours is left as it is, not overwritten.
    for (name, value) in own.sorted(by: { $0.key < $1.key }) where heads[name] != value {
      if report.isHeldBack, name == RefLayout.state { continue }
      updates.append(
        PushUpdate(value, to: name, expecting: heads[name].map { .object($0) } ?? .absent))
    }
    guard !updates.isEmpty else { return true }
    let outcomes = try await git.push(
      remote: remote, Array(updates.prefix(Self.maximumPushedReferences)))
    for (name, outcome) in outcomes where outcome == .done {
      report.pushed.append(name)
    }
    // Work in progress has one writer each: what is refused there belongs to another machine.
    return [RefLayout.state, RefLayout.notes].allSatisfy { name in
      if case .rejected = outcomes[name] { return false }
      return true
    }
  }

  private func ownReferences() async throws -> [String: String] {
    try await state.withRepository { repository in
      try repository.refreshObjects()
      var result: [String: String] = [:]
      for name in [RefLayout.state, RefLayout.notes] {
        if let id = try repository.reference(name) { result[name] = id.hex }
      }
      for (name, id) in try repository.references(prefix: RefLayout.workInProgress) {
        result[name] = id.hex
      }
      return result
    }
  }

  private func references(_ names: [String]) async throws -> [String: String] {
    try await state.withRepository { repository in
      try repository.refreshObjects()
      var result: [String: String] = [:]
      for name in names {
        if let id = try repository.reference(name) { result[name] = id.hex }
      }
      return result
    }
  }
}

/// What a sync did.
public struct SyncReport: Sendable, Hashable {
  /// The joins, in order; none if the remote had nothing new.
  public var joins: [JoinReport] = []
  /// The references that were pushed.
  public var pushed: [String] = []
  /// How often another machine was faster.
  public var tries = 0

  /// True if the state was not pushed, because the remote's holds what no repository should fetch.
  public var isHeldBack: Bool { joins.last?.containsFetched == false }

  /// A sync that did nothing so far.
  init() {}

  /// Tasks that are not what they were here.
  public var changedTasks: [String] {
    Set(joins.flatMap(\.changed).filter { $0.collection == .tasks }.map(\.id.text)).sorted()
  }

  mutating func take(_ join: JoinReport) { joins.append(join) }
}
