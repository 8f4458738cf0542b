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
  private let program: GitProgram
  /// Grow while transfers take too long, so that a slow line gets there at last; each kind has its own, for what is
  /// small gets through where what is large does not.
  let fetching = Patience()
  private let pushing = Patience()
  let pushingCheckpoints = Patience()
  /// The checkpoints that the remote has refused lately.
  let declined = DeclinedReferences()
  let remote: String
  let limits: ValidationLimits?
  /// Files in which lines that look like a secret are meant; nil if nobody is asked about secrets.
  ///
  /// Checkpoints with other such lines in commits that are not published stay here.
  public var allowedSecretPaths: [String]? = []
  /// Makes of checkpoints what may go out.
  let outgoing: OutgoingSnapshots

  /// Syncs with a remote of the repository that `git` runs in; `limits` other than those of every sync are
  /// for a person who asked for it.
  public init(
    state: StateStore, git: GitProgram, remote: String, limits: ValidationLimits? = nil
  ) {
    self.state = state
    self.limits = limits
    program = git
    self.remote = remote
    outgoing = OutgoingSnapshots(at: git.directory) { state.redacted($0) }
  }

  /// The git program, for what is no transfer.
  var git: GitProgram { program }

  /// Where a remote's reference is tracked.
  public static func tracked(_ reference: String, of remote: String) -> String {
    "\(RefLayout.tracking)\(remote)/\(reference.dropFirst("refs/".count))"
  }

  func tracked(_ reference: String) -> String { Self.tracked(reference, of: remote) }

  /// Fetches, joins and pushes until both sides are the same, or others are faster for all tries.
  ///
  /// Throws `GitCommandError` if the remote cannot be reached, `StateError.refused` if its state must not be
  /// joined, `StateError.busy` if others were faster each time.
  /// `seen` is what a look at `patterns` has shown just now: it spares the first look.
  public func run(after seen: [String: String]? = nil) async throws -> SyncReport {
    var seen = seen
    var report = SyncReport()
    var refused: (name: String, value: String?)?
    for number in 0..<Self.maximumTries {
      if number > 0 { try await pause(number) }
      let heads = if let seen { seen } else { try await look(also: [Self.checkpoints]) }
      seen = nil
      // Nobody was faster: it is the remote that does not want it.
      if let refused, refused.value == heads[refused.name] {
        throw SyncError.refusedByRemote(remote: remote, detail: report.refusal ?? "")
      }
      try await lookAtNotes(heads, &report)
      try await takeIn(heads, &report)
      let isMarked = try await state.arbiter() != nil
      guard try await mark(heads) else { continue }
      report.keepsClaims = !isMarked || heads[RefLayout.arbiter] != nil
      guard let name = try await push(heads, &report) else { return report }
      refused = (name, heads[name])
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
    try await lookAtNotes(heads, &report)
    try await takeIn(heads, &report)
    return (heads, report)
  }

  func look(also: [String]) async throws -> [String: String] {
    try await git.advertisedReferences(remote: remote, patterns: Self.always + also)
  }

  private static let always = [RefLayout.state, RefLayout.notes, RefLayout.arbiter]
  private static let checkpoints = RefLayout.workInProgress + "*"

  /// What `run` looks at.
  public static let patterns = always + [checkpoints]

  /// Waits a random time that grows with the number of tries.
  func pause(_ number: Int) async throws {
    let bound = min(
      Self.longestPauseMilliseconds, Self.firstPauseMilliseconds << min(number - 1, 10))
    try await Task.sleep(for: .milliseconds(Int.random(in: 10...bound)))
  }

  /// Fetches what is not part of our histories yet, and joins it.
  private func takeIn(_ heads: [String: String], _ report: inout SyncReport) async throws {
    try await refuseOthers(heads)
    if try await isSetBack(heads) { report.isRewound = true }
    let names = [RefLayout.state, RefLayout.notes]
    let seen = try await references(names.map(tracked))
    var wanted: [String] = []
    for name in names {
      guard let head = heads[name].flatMap({ ObjectID(hex: $0) }) else { continue }
      if name == RefLayout.notes, report.ownNotesProblem != nil { continue }
      if try await !isKnown(head, in: name) { wanted.append(name) }
    }
    guard !wanted.isEmpty else { return }
    wanted = try await fetch(wanted, &report)
    let fetched = try await references(wanted.map(tracked))
    if let tip = fetched[tracked(RefLayout.state)] {
      if let last = seen[tracked(RefLayout.state)] {
        if try await !isContained(last, in: tip) { report.isRewound = true }
      }
      report.take(try await state.join(with: tip, limits: limits))
    }
    if let tip = fetched[tracked(RefLayout.notes)] {
      report.notesProblem = try await state.withRepository { repository in
        do throws(GitError) {
          _ = try Notes.join(tip, into: RefLayout.notes, in: repository)
          return nil
        } catch {
          return error.message
        }
      }
    }
  }

  /// Looks at this machine's notes if they are to be joined or pushed: what is wrong here goes nowhere.
  private func lookAtNotes(_ heads: [String: String], _ report: inout SyncReport) async throws {
    report.ownNotesProblem = try await state.withRepository { repository -> String? in
      try repository.refreshObjects()
      guard let tip = try repository.reference(RefLayout.notes), heads[RefLayout.notes] != tip.hex
      else { return nil }
      // What cannot be looked at, for lack of objects, git refuses to push.
      return try? StateRecovery.problem(withNotes: tip, in: repository)
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

  /// True if the remote has lost of our state what it had when it was last seen: someone set it back, or deleted it.
  ///
  /// What was seen may be newer than `heads`, if another process of this machine has pushed since: a second look decides.
  private func isSetBack(_ heads: [String: String]) async throws -> Bool {
    let name = tracked(RefLayout.state)
    guard let last = try await references([name])[name],
      try await lacks(last, heads[RefLayout.state])
    else { return false }
    return try await lacks(last, look(also: [])[RefLayout.state])
  }

  /// True if a commit is no part of the history of a remote's head, as far as that head is here.
  private func lacks(_ commit: ObjectID, _ head: String?) async throws -> Bool {
    guard let head else { return true }
    guard let id = ObjectID(hex: head), id != commit, try await isHere(head) else { return false }
    return try await !isContained(commit, in: id)
  }

  /// True if a commit is here and part of the history of another; false for what is missing here or no commit.
  func isContained(_ old: ObjectID, in new: ObjectID) async throws -> Bool {
    try await state.withRepository { repository in
      guard try repository.header(of: old)?.kind == .commit,
        try repository.header(of: new)?.kind == .commit
      else { return false }
      return try old == new || repository.contains(old, inHistoryOf: new)
    }
  }

  /// True if the remote was seen to have a commit of our history.
  func isThere(_ tip: ObjectID) async throws -> Bool {
    let name = tracked(RefLayout.state)
    guard let there = try await references([name])[name] else { return false }
    return try await isContained(tip, in: there)
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

  /// Pushes what the remote lacks; returns the reference that it did not take, nil if it took state and notes.
  ///
  /// Checkpoints follow in pushes of their own: a server that refuses one, for its size or for what is in it, refuses
  /// all that comes with it.
  private func push(
    _ heads: [String: String], _ report: inout SyncReport
  ) async throws -> String? {
    let shared = [RefLayout.state, RefLayout.notes]
    let own = try await references(shared).filter { name, value in
      // A remote whose history must not become part of ours is left as it is, not overwritten.
      if !report.mayPush, name == RefLayout.state { return false }
      if report.hasNotesProblem, name == RefLayout.notes { return false }
      return heads[name] != value.hex
    }
    let outcomes = try await push(own, over: heads, pushing, &report)
    for name in shared {
      guard case .rejected(let text) = outcomes[name] else { continue }
      report.refusal = text
      return name
    }
    try await pushCheckpoints(heads, &report)
    return nil
  }

  /// Pushes references in one go, each over what the remote showed, and notes those that it took.
  func push(
    _ own: [String: ObjectID], over heads: [String: String], _ patience: Patience,
    _ report: inout SyncReport
  ) async throws(GitCommandError) -> [String: PushOutcome] {
    guard !own.isEmpty else { return [:] }
    let updates = own.map { name, value in
      PushUpdate(value.hex, to: name, expecting: heads[name].map { .object($0) } ?? .absent)
    }
    let outcomes = try await timed(patience) { git throws(GitCommandError) in
      try await git.push(remote: remote, updates)
    }
    for (name, outcome) in outcomes where outcome == .done {
      report.pushed.append(name)
      if let id = own[name] { await noteRemote(id, of: name) }
    }
    return outcomes
  }

  /// Runs a transfer with the time that those of its kind turned out to need, and learns from how long it took.
  func timed<Value>(
    _ patience: Patience, _ transfer: (GitProgram) async throws(GitCommandError) -> Value
  ) async throws(GitCommandError) -> Value {
    let git = patience.seconds.map { program.transferring(withinSeconds: $0) } ?? program
    let begin = ContinuousClock.now
    do throws(GitCommandError) {
      let value = try await transfer(git)
      // Checkpoints are of all sizes: that a small one got through says nothing of a large one.
      if patience !== pushingCheckpoints {
        patience.shrink(to: begin.duration(to: .now), usual: program.transferSeconds)
      }
      return value
    } catch {
      if case .timedOut(_, let seconds) = error { patience.grow(beyond: seconds) }
      throw error
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
