/// What became of the wish for a task.
public enum Acquisition: Sendable {
  /// The task is this host's: begin the attempt with this token.
  case won(token: Int)
  /// Another host has it, or had it first.
  case taken
  /// The state here is behind: synchronise and ask again.
  case stateIsBehind
  /// The task is over, as the state at the arbiter says.
  case terminal
  /// This host's heartbeat is not confirmed, or the arbiter cannot be reached: ask again after a beat.
  case unreachable
  /// A claim is there that this version cannot read.
  case unreadable
}

/// What became of a result.
public enum FinishOutcome: Sendable, Hashable {
  /// It is public, and the claim is closed.
  case published
  /// Something that was to move with it is not where it was expected: synchronise, make the moves anew.
  case outdated
  /// The task is another host's, or this process ended the claim before: look into the state which.
  case lost
  /// The claim was deleted at the arbiter: acquire the task anew.
  case gone
  /// No answer: ask again.
  case unknown
  /// This host may not work now: beat, then ask again.
  case suspended
}

extension ClaimKeeper {
  /// Gets a task for this host; to be called before an attempt begins.
  ///
  /// `standing` is the task's in the state here; `state` reaches the one at the arbiter, which is looked at
  /// after winning. Throws what that throws: the claim then waits for the next call.
  public func acquire(
    _ task: RecordID, _ standing: TaskStanding, state: StateAtArbiter
  ) async throws -> Acquisition {
    if busy.contains(task) { return .taken }
    for _ in 0..<Self.maximumOffers {
      let offer = claims.offer(
        task, standing, nonce: nonce(), seconds: clock.seconds(), at: clock.now())
      switch offer {
      case .held: return try await verify(task, state)
      case .move(let move):
        switch await settle(move) {
        case .won: return try await verify(task, state)
        case .lost: return .taken
        case .gone: break
        case .refused, .unknown: return .unreachable
        }
      case .endHeartbeat(let host):
        let ending = claims.ending(
          heartbeatOf: host, nonce: nonce(), seconds: clock.seconds(), at: clock.now())
        guard let ending else { return .taken }
        _ = await arbiter.push(ending)
        guard await look() != nil else { return .unreachable }
      case .taken: return .taken
      case .stateIsBehind: return .stateIsBehind
      case .terminal: return .terminal
      case .notAlive: return .unreachable
      case .unreadable: return .unreadable
      }
    }
    return .taken
  }

  private func verify(_ task: RecordID, _ state: StateAtArbiter) async throws -> Acquisition {
    guard let token = claims.held[task]?.claim.token else { return .taken }
    var standing = try await state.standing(task)
    let isAtomic = try await arbiter.movesAtomically()
    if !isAtomic, !standing.isTerminal, standing.highestToken < token {
      standing = try await state.record(task, token)
    }
    let isRecorded = !isAtomic && standing.highestToken == token
    guard claims.verify(task, standing, isRecorded: isRecorded) == .proceed else {
      await release(task, hasWorked: false)
      return standing.isTerminal ? .terminal : .stateIsBehind
    }
    return claims.mayWork(task, at: clock.now()) ? .won(token: token) : .unreachable
  }

  /// Publishes an attempt's result and closes the claim, all or nothing.
  ///
  /// `moves` are the result's branch and the state, each from where it was seen at the arbiter.
  public func finish(_ task: RecordID, publishing moves: [ArbiterMove]) async -> FinishOutcome {
    guard let mine = claims.held[task] else { return .lost }
    guard claims.mayWork(task, at: clock.now()) else { return .suspended }
    guard let isAtomic = try? await arbiter.movesAtomically() else { return .unknown }
    if !isAtomic {
      // The state has the token since before the work began: its own compare-and-swap is the fence.
      let published = await outcome(of: moves)
      guard published == .published else { return published }
    }
    let closing = claims.ending(
      mine, as: .closed, with: isAtomic ? moves : [], nonce: nonce(), seconds: clock.seconds())
    switch await settle(closing) {
    case .won: return .published
    case .lost: return .lost
    case .gone: return .gone
    case .refused: return .outdated
    case .unknown: return .unknown
    }
  }

  /// Gives a task up; `hasWorked` says that the state at the arbiter knows how the attempt ended.
  ///
  /// False if the claim could not be moved: `beat` tries again.
  @discardableResult
  public func release(_ task: RecordID, hasWorked: Bool) async -> Bool {
    guard let mine = claims.held[task] else { return true }
    let end = await settle(
      claims.ending(
        mine, as: hasWorked ? .closed : .released, nonce: nonce(), seconds: clock.seconds()))
    return [.won, .lost, .gone].contains(end)
  }
}
