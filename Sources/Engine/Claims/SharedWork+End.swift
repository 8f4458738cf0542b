internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow

/// What became of the wish to end a claim.
enum ClaimEnding: Sendable, Hashable {
  /// It is over.
  case ended
  /// Something that was to move with it was refused each time.
  case refused
  /// The remote could not be asked, or did not answer.
  case unreachable
}

extension SharedWork {
  /// The claims that nothing is done under any more and that are to be ended now.
  func resting(except needed: Set<String>) async -> [String] {
    await keeper.held.map(\.claim.task.text)
      .filter { !needed.contains($0) && !ending.contains($0) && !isPostponed($0) }
  }

  /// Ends a claim together with the state as it is now, all or nothing; best effort, tried again later.
  @discardableResult
  func end(_ task: String) async -> ClaimEnding {
    guard let id = RecordID(task), ending.insert(task).inserted else { return .ended }
    defer { ending.remove(task) }
    do {
      let result = try await publishEnd(of: id)
      if result == .ended {
        hurry(task)
        try begun.set(id, nil)
        used.remove(task)
      } else {
        postpone(task)
      }
      return result
    } catch {
      postpone(task)
      sayAway(error)
      return error is GitCommandError ? .unreachable : .refused
    }
  }

  private func publishEnd(of id: RecordID) async throws -> ClaimEnding {
    guard let token = await token(of: id) else { return .ended }
    let view = try await tasks.find(id.text)
    guard used.contains(id.text) || view.highestToken >= token else {
      return await keeper.release(id, hasWorked: false) ? .ended : .unreachable
    }
    if view.highestToken < token {
      do { try await recordToken(token, of: id) } catch is AlreadyRecorded {}
    }
    let outcome = try await moveState(of: id, mustArrive: !view.status.isTerminal) {
      await self.keeper.finish(id, publishing: $0)
    }
    switch outcome {
    case .published: return .ended
    case .lost:
      lose(id)
      return .ended
    // The state goes with the next sync.
    case .gone: return .ended
    case .outdated: return .refused
    case .unknown, .suspended: return .unreachable
    }
  }

  /// Publishes the state as it is now together with a move of a task's claim, all or nothing; again while others are
  /// faster.
  func moveState(
    of id: RecordID, mustArrive: Bool,
    with claim: @escaping @Sendable (_ moves: [ArbiterMove]) async -> FinishOutcome
  ) async throws -> FinishOutcome {
    for number in 0..<Self.maximumEndings {
      if number > 0 { try await sync.pause(min(number, 4)) }
      // In one lane with syncs and other ends: all of them move the state.
      let outcome = try await lane.run { [self] in
        let moves = options.isOffline ? [] : try await publicMoves(of: id, mustArrive)
        let outcome = await claim(moves)
        guard outcome == .published else { return outcome }
        for move in moves {
          if let new = move.new { await sync.noteRemote(new, of: move.reference) }
        }
        return outcome
      }
      if outcome != .outdated { return outcome }
    }
    return .outdated
  }

  /// What becomes public with a claim, the state as it is now; to be asked for in the lane.
  ///
  /// The work in progress of its task goes before it, as far as the remote takes it: whoever has the task next begins with
  /// that, so that a claim whose task is not over lasts until it is there (`mustArrive`).
  private func publicMoves(of id: RecordID, _ mustArrive: Bool) async throws -> [ArbiterMove] {
    let prefix = "\(RefLayout.workInProgress)\(id)/"
    var (heads, report) = try await sync.fetch(also: [prefix + "*"])
    try await sync.pushCheckpoints(heads, below: prefix, mustArrive: mustArrive, &report)
    await take(report)
    guard report.mayPush,
      let tip = try await sync.references([RefLayout.state])[RefLayout.state],
      heads[RefLayout.state] != tip.hex
    else { return [] }
    let there = heads[RefLayout.state].flatMap { ObjectID(hex: $0) }
    return [ArbiterMove(RefLayout.state, from: there, to: tip)]
  }

  /// Brings the state as it is now to the remote, before something becomes public that it speaks of.
  ///
  /// A machine that dies in between leaves nothing that the next one does not know of: else a task that was merged, and of
  /// which the state there says nothing, would be worked on and merged again. Throws `ClaimError.unsaid` if the state
  /// does not get there, for whatever reason: what is to become public waits.
  func secure(_ task: String) async throws {
    guard !options.isOffline else { return }
    let sync = sync
    guard let tip = try await sync.references([RefLayout.state])[RefLayout.state] else { return }
    do {
      let done = try await lane.run {
        try await sync.isThere(tip) ? nil : try await sync.run()
      }
      guard let done else { return }
      await take(done)
      if !done.isHeldBack { return }
    } catch let error as CancellationError {
      throw error
    } catch StateError.busy {
      // Others were faster each time.
    } catch {
      sayAway(error)
    }
    // What else there was to push, such as notes, may have been refused.
    if try await sync.isThere(tip) { return }
    throw ClaimError.unsaid(task: task)
  }

  /// Ends every claim but those of `kept`, and syncs for the last time.
  ///
  /// Where the remote is away the others are not tried: the next process of this machine goes on with them.
  func finish(keeping kept: Set<String>) async {
    // With another name, claims move to it first.
    if newName != nil { _ = await keeper.beat() }
    // Later is never now: what was put off is tried once more.
    postponed = [:]
    for task in await resting(except: kept) {
      guard await end(task) != .unreachable else { return }
    }
    await synchronise()
  }
}
