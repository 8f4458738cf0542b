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

  /// Where a remote's reference is tracked.
  public static func tracked(_ reference: String, of remote: String) -> String {
    "\(RefLayout.tracking)\(remote)/\(reference.dropFirst("refs/".count))"
  }

  private func tracked(_ reference: String) -> String { Self.tracked(reference, of: remote) }

  /// Fetches, joins and pushes until both sides are the same, or others are faster for all tries.
  ///
  /// Throws `GitCommandError` if the remote cannot be reached, `StateError.refused` if its state must not be
  /// joined, `StateError.busy` if others were faster each time.
  public func run() async throws -> SyncReport {
    var report = SyncReport()
    var refused: String??
    for number in 0..<Self.maximumTries {
      if number > 0 { try await pause(number) }
      let heads = try await look(also: [RefLayout.workInProgress + "*"])
      // Nobody was faster: it is the remote that does not want it.
      if let refused, refused == heads[RefLayout.state] {
        throw SyncError.refusedByRemote(remote: remote, detail: report.refusal ?? "")
      }
      try await takeIn(heads, &report)
      guard try await mark(heads) else { continue }
      if try await push(heads, &report) { return report }
      refused = .some(heads[RefLayout.state])
      report.tries += 1
    }
    throw StateError.busy(tries: Self.maximumTries)
  }

  /// Fetches and joins without pushing; returns what the remote showed.
  ///
  /// `also` are patterns of further references to be listed. Throws like `run`.
  func fetch(also: [String] = []) async throws -> (heads: [String: String], report: SyncReport) {
    var report = SyncReport()
    let heads = try await look(also: also)
    try await takeIn(heads, &report)
    return (heads, report)
  }

  private func look(also: [String]) async throws -> [String: String] {
    try await git.advertisedReferences(
      remote: remote, patterns: [RefLayout.state, RefLayout.notes, RefLayout.arbiter] + also)
  }

  /// Waits a random time that grows with the number of tries.
  func pause(_ number: Int) async throws {
    let bound = min(
      Self.longestPauseMilliseconds, Self.firstPauseMilliseconds << min(number - 1, 10))
    try await Task.sleep(for: .milliseconds(Int.random(in: 10...bound)))
  }

  /// Fetches what is not part of our histories yet, and joins it.
  private func takeIn(_ heads: [String: String], _ report: inout SyncReport) async throws {
    try await refuseOthers(heads)
    let names = [RefLayout.state, RefLayout.notes]
    let seen = try await references(names.map(tracked))
    var wanted: [String] = []
    for name in names {
      guard let head = heads[name].flatMap({ ObjectID(hex: $0) }) else { continue }
      if try await !isKnown(head, in: name) { wanted.append(name) }
    }
    guard !wanted.isEmpty else { return }
    try await git.fetch(
      remote: remote, refspecs: wanted.map { "+\($0):\(tracked($0))" }, checkingObjects: true)
    let fetched = try await references(wanted.map(tracked))
    if let tip = fetched[tracked(RefLayout.state)] {
      if let last = seen[tracked(RefLayout.state)] {
        report.isRewound = try await !isContained(last, in: tip)
      }
      report.take(try await state.join(with: tip))
    }
    if let tip = fetched[tracked(RefLayout.notes)] {
      try await state.withRepository { repository in
        _ = try Notes.join(tip, into: RefLayout.notes, in: repository)
      }
    }
  }

  /// True if a remote's head is part of our history already; it is then noted as seen.
  private func isKnown(_ head: ObjectID, in name: String) async throws -> Bool {
    let tracking = tracked(name)
    return try await state.withRepository { repository in
      try repository.refreshObjects()
      // What is no commit is no part of a history: the join says what is wrong with it.
      guard try repository.header(of: head)?.kind == .commit,
        let own = try repository.reference(name),
        try own == head || repository.contains(head, inHistoryOf: own)
      else { return false }
      Self.note(head, as: tracking, in: repository)
      return true
    }
  }

  private func isContained(_ old: ObjectID, in new: ObjectID) async throws -> Bool {
    try await state.withRepository { repository in
      guard try repository.header(of: old)?.kind == .commit,
        try repository.header(of: new)?.kind == .commit
      else { return false }
      return try old == new || repository.contains(old, inHistoryOf: new)
    }
  }

  /// Remembers what the remote has; best effort, the next look sees it anyway.
  private static func note(
    _ id: ObjectID, as tracking: String, in repository: borrowing Repository
  ) {
    guard let old = try? repository.reference(tracking), old == id else {
      let old = try? repository.reference(tracking)
      try? repository.setReference(tracking, to: id, expecting: old, log: "orch: sync")
      return
    }
  }

  /// Remembers what the remote has now, after a push of someone else's making.
  func noteRemote(_ id: ObjectID, of reference: String) async {
    let tracking = tracked(reference)
    try? await state.withRepository { repository in
      Self.note(id, as: tracking, in: repository)
    }
  }

  /// Pushes what the remote lacks; false if another machine was faster.
  private func push(_ heads: [String: String], _ report: inout SyncReport) async throws -> Bool {
    let own = try await ownReferences()
    var updates: [PushUpdate] = []
    // A remote whose history must not become part of ours is left as it is, not overwritten.
    for (name, value) in own.sorted(by: { $0.key < $1.key }) where heads[name] != value.hex {
      if report.isHeldBack, name == RefLayout.state { continue }
      updates.append(
        PushUpdate(value.hex, to: name, expecting: heads[name].map { .object($0) } ?? .absent))
    }
    guard !updates.isEmpty else { return true }
    let outcomes = try await git.push(
      remote: remote, Array(updates.prefix(Self.maximumPushedReferences)))
    for (name, outcome) in outcomes where outcome == .done {
      report.pushed.append(name)
      if let id = own[name], [RefLayout.state, RefLayout.notes].contains(name) {
        await noteRemote(id, of: name)
      }
    }
    // Work in progress has one writer each: what is refused there belongs to another machine.
    return [RefLayout.state, RefLayout.notes].allSatisfy { name in
      guard case .rejected(let text) = outcomes[name] else { return true }
      report.refusal = text
      return false
    }
  }

  /// What this machine has: state, notes, work in progress.
  private func ownReferences() async throws -> [String: ObjectID] {
    try await state.withRepository { repository in
      try repository.refreshObjects()
      var result = try repository.references(prefix: RefLayout.workInProgress)
      for name in [RefLayout.state, RefLayout.notes] {
        result[name] = try repository.reference(name)
      }
      return result
    }
  }

  /// The objects of some of this repository's references.
  func references(_ names: [String]) async throws -> [String: ObjectID] {
    try await state.withRepository { repository in
      try repository.refreshObjects()
      var result: [String: ObjectID] = [:]
      for name in names { result[name] = try repository.reference(name) }
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
  /// True if the remote no longer has what it had at the last look: someone set it back.
  public var isRewound = false
  /// What the remote said when it last refused a push.
  public var refusal: String?

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
