internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow

/// What became of the wish to work on a task.
enum Holding: Sendable, Hashable {
  /// The task is this machine's; go on.
  case ready
  /// It is this machine's, and the newest state shows it otherwise than the plan did: plan again.
  case changed
  /// It is not this machine's now.
  case notNow
}

extension SharedWork {
  /// Gets a task for an effect; throws if the state at the remote cannot be fetched or joined.
  func hold(_ task: TaskView, for effect: Effect) async throws -> Holding {
    guard let id = RecordID(task.id), hasBegun, newName == nil, !ending.contains(task.id) else {
      return .notNow
    }
    if let token = await token(of: id) {
      if needsNewClaim(task, effect, token) {
        guard workers[task.id] == nil else {
          unclaimed.insert(id)
          return .notNow
        }
        await end(task.id)
        guard await self.token(of: id) == nil else { return .notNow }
      } else if await keeper.mayWork(id) {
        return try await ready(id, task, effect, token)
      }
    }
    if let joinProblem {
      await giveUpUnverified(id)
      // Only another orch can go on with it.
      if case .newerFormat = joinProblem { throw joinProblem }
      throw ClaimError.unjoined(task: task.id)
    }
    do {
      return try await acquire(id, task, effect)
    } catch {
      if !(error is GitCommandError) { await giveUpUnverified(id) }
      // What others must be told, or tell, is tried again like any failure: a run with an end does not wait for it for ever.
      if !(error is ClaimError) { postpone(task.id) }
      throw error
    }
  }

  /// Releases a claim of which this machine cannot know whether it may work under it: it would keep everybody from the task.
  private func giveUpUnverified(_ id: RecordID) async {
    guard begun.tokens[id] == nil else { return }
    await keeper.release(id, hasWorked: false)
  }

  private func acquire(_ id: RecordID, _ task: TaskView, _ effect: Effect) async throws -> Holding {
    let standing = Self.standing(task)
    switch try await keeper.acquire(id, standing, state: stateAtArbiter) {
    case .won(let token):
      try begun.set(id, token)
      lost.remove(task.id)
      behind.remove(task.id)
      hurry(task.id)
      let newest = try await tasks.find(task.id)
      guard Self.isSame(newest, task) else { return .changed }
      return try await ready(id, newest, effect, token)
    case .stateIsBehind:
      let sync = sync
      await take(try await lane.run { try await sync.fetch() }.report)
      // A claim is closed together with the state that says how: what does not come with that is kept out here.
      guard behind.insert(task.id).inserted else { throw ClaimError.unjoined(task: task.id) }
      postpone(task.id)
    case .terminal:
      // Nobody may work on it; what is left to say of it needs no claim.
      if case .report = effect { return .ready }
      postpone(task.id)
    case .taken, .unreachable, .unreadable: postpone(task.id)
    }
    return .notNow
  }

  /// The last steps before an effect under a claim that this machine has.
  private func ready(
    _ id: RecordID, _ task: TaskView, _ effect: Effect, _ token: Int
  ) async throws -> Holding {
    if case .start = effect {
      guard try await announce(token, of: id) else { return .notNow }
      let newest = try await tasks.find(task.id)
      guard Self.isSame(newest, task, underToken: token) else { return .changed }
    }
    used.insert(task.id)
    return .ready
  }

  /// Has the state at the remote know a claim's token before an attempt is made under it; false if that cannot be done now.
  ///
  /// Whoever claims the task after somebody deleted this claim goes on with a higher token then. Else two attempts would
  /// have one token, and what is said of one would be said of both. That the claim is renewed with it shows that nobody
  /// came between.
  private func announce(_ token: Int, of id: RecordID) async throws -> Bool {
    guard !options.isOffline else { return true }
    do { try await recordToken(token, of: id) } catch is AlreadyRecorded {}
    switch try await moveState(
      of: id, mustArrive: false, with: { await self.keeper.publish(id, $0) })
    {
    case .published: return true
    case .lost, .gone: try begun.set(id, nil)
    case .unknown, .suspended: postpone(id.text)
    case .outdated: throw ClaimError.unsaid(task: id.text)
    }
    return false
  }

  /// The token of this machine's claim; nil if it has none.
  func token(of task: RecordID) async -> Int? {
    await keeper.held.first { $0.claim.task == task }?.claim.token
  }

  /// True if a task was lost to another machine.
  func hasLost(_ task: String) -> Bool { lost.contains(task) }

  /// An attempt's token is its claim's, so that each begins under a claim of its own.
  ///
  /// Where the state knows a higher one, another machine has claimed the task since: this claim was deleted at the remote,
  /// and that was not seen yet.
  private func needsNewClaim(_ task: TaskView, _ effect: Effect, _ token: Int) -> Bool {
    if token < task.highestToken { return true }
    guard case .start = effect else { return false }
    return task.attempts.contains { $0.token == token }
  }

  /// How a task stands, for its claim.
  static func standing(_ task: TaskView) -> TaskStanding {
    let wasPrepared = task.worktree != nil || task.branch != nil
    return TaskStanding(
      isTerminal: task.status.isTerminal && (task.isCleanedUp || !wasPrepared),
      highestToken: task.highestToken)
  }

  /// True if what a plan was made of still holds; `token` is the one that was recorded since.
  private static func isSame(
    _ newest: TaskView, _ planned: TaskView, underToken token: Int? = nil
  ) -> Bool {
    newest.status == planned.status && newest.generation == planned.generation
      && newest.highestToken == token ?? planned.highestToken
      && newest.pullRequest == planned.pullRequest && newest.route == planned.route
      && newest.pinnedHost == planned.pinnedHost
  }

  nonisolated var stateAtArbiter: StateAtArbiter {
    StateAtArbiter(
      standing: { try await self.fetchedStanding($0) },
      record: { try await self.recordedStanding($0, token: $1) })
  }

  private func fetchedStanding(_ task: RecordID) async throws -> TaskStanding {
    if !options.isOffline {
      let sync = sync
      await take(try await lane.run { try await sync.fetch() }.report)
    }
    return Self.standing(try await tasks.find(task.text))
  }

  /// Where references do not move together, the token is in the state at the remote before work begins.
  private func recordedStanding(_ task: RecordID, token: Int) async throws -> TaskStanding {
    do { try await recordToken(token, of: task) } catch is AlreadyRecorded {}
    if !options.isOffline {
      let sync = sync
      await take(try await lane.run { try await sync.run() })
    }
    return Self.standing(try await tasks.find(task.text))
  }

  /// Makes the state know a claim's token, whatever was done under it.
  func recordToken(_ token: Int, of task: RecordID) async throws {
    var change = TaskChange(.checkpointed)
    change.token = token
    change.kind = "task.claimed"
    change.verb = "claimed"
    let noted = change
    try await tasks.record(task.text) { view in
      guard view.highestToken < token else { throw AlreadyRecorded() }
      return noted
    }
  }

  // MARK: What the planner sees

  /// What is known of the other machines.
  func world(_ views: some Sequence<TaskView>, now: Int) async -> SharedWorld {
    var world = SharedWorld()
    let mine = await Dictionary(
      uniqueKeysWithValues: keeper.held.map { ($0.claim.task, $0.claim.token) })
    world.mine = Set(mine.keys.map(\.text)).subtracting(ending)
    let rivals = await keeper.rivals
    for (task, claim) in rivals where !claim.isFree {
      world.elsewhere[task.text] = .init(
        host: claim.host, until: claim.remaining.map { now + $0 })
    }
    for task in Set(postponedTasks).union(ending) where world.elsewhere[task] == nil {
      world.elsewhere[task] = .init(host: ending.contains(task) ? host : "another machine")
      world.mine.remove(task)
    }
    let hasHeard = await keeper.view.hosts.keys.contains { $0 != host }
    world.hasOthers = hasHeard ? true : await isShared()
    world.isReachable = hasBegun ? await isAlive() : isLooking
    for view in views where view.status == .inProgress {
      guard let attempt = view.attempts.last, attempt.host != host, let id = RecordID(view.id)
      else {
        continue
      }
      if world.mine.contains(view.id), let token = mine[id] {
        // An earlier claim was deleted at the remote, and the attempt's machine has made another.
        if token >= attempt.token { world.abandoned.insert(view.id) }
      } else if let claim = rivals[id], claim.isFree {
        // A name that has no heartbeat, such as one that a copied machine had for a moment, will not be heard of again.
        let isHeard = await keeper.view.hosts[claim.host] != nil
        let isGone = claim.host == host || !isHeard ? true : await keeper.isGone(claim.host)
        if isGone, claim.token >= attempt.token { world.abandoned.insert(view.id) }
      } else if rivals[id] == nil, await isLeft(attempt) {
        world.abandoned.insert(view.id)
      }
    }
    return world
  }

  /// True for another machine's attempt without a claim, as where somebody deleted it, of a machine that is not at work.
  ///
  /// One whose heartbeat was deleted, too, may be at work, and says so with its next one.
  private func isLeft(_ attempt: Attempt) async -> Bool {
    guard !options.isOffline, hasBegun || isLooking, await keeper.problem == nil else {
      return false
    }
    guard await keeper.view.hosts[attempt.host] != nil else { return false }
    return await keeper.isGone(attempt.host)
  }

  /// True if another machine has begun the state.
  private func isShared() async -> Bool {
    let own = host
    let others = try? await tasks.state.read { reader, repository in
      try reader.beginners(in: repository).contains { $0 != own }
    }
    return others ?? true
  }

  func isAlive() async -> Bool {
    guard let deadline = await keeper.workDeadline else { return false }
    return options.monotonicClock() < deadline.milliseconds
  }
}

/// The state knows the token already.
struct AlreadyRecorded: Error {}
