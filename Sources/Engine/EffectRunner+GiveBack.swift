internal import Agents
internal import Folders
internal import Git2
internal import GitState
internal import Workflow
internal import Worktrees

/// Tasks that this machine works on no more: claims that end, workers that nobody wants here.
extension EffectRunner {
  /// Ends the claims of tasks that rest; what is in no pushed commit goes along.
  func giveBack(_ id: String) async {
    guard let shared else { return }
    if let task = try? await task(id), !task.status.isTerminal, task.status != .inReview,
      task.attempts.last?.host == tasks.state.host
    {
      try? await keepOwnWork(of: task)
    }
    await shared.end(id)
  }

  /// Packs, indexes, and lets old checkpoints and claims go, if it was not done for some time (milliseconds).
  func keepUp(every interval: Int) async {
    let now = options.clock()
    var memory = UpkeepMemory(folder)
    guard now - memory.doneAt >= interval else { return }
    memory.doneAt = now
    if let shared, !shared.options.isOffline {
      memory.endedClaims = await shared.keeper.deleteOldClaims(
        firstSeen: memory.endedClaims, now: now)
    }
    try? memory.store(in: folder)
    let maintenance = Maintenance(
      git: git, tasks: tasks, remote: shared?.options.remote, images: builtImages)
    _ = try? await maintenance.run(now: now)
  }

  /// Joins the small packs that fetches leave, if there are many.
  func joinPacks() async {
    guard Maintenance.hasManyPacks(commonDirectory) else { return }
    await Maintenance(git: git, tasks: tasks, remote: nil).packObjects()
  }

  /// Waits for workers that were stopped because nobody wants them here.
  func awaitUnwanted() async {
    guard shared != nil, let views = try? await tasks.all().values else { return }
    for _ in 0..<Self.maximumWaits {
      guard await stopUnwanted(views) > 0 else { return }
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  /// How often it is looked whether an unwanted worker has ended.
  private static let maximumWaits = 200

  /// Stops workers of tasks that were cancelled, given away or lost while this machine worked on them.
  ///
  /// Returns how many have not ended yet.
  @discardableResult
  func stopUnwanted(_ views: some Sequence<TaskView>) async -> Int {
    guard shared != nil else { return 0 }
    var count = stopNameless(views)
    let host = tasks.state.host
    for task in views {
      guard let own = task.attempts.last(where: { $0.host == host }) else { continue }
      let isOver = own.token != task.attempts.last?.token
      let isUnwanted =
        task.status == .cancelled || (task.pinnedHost ?? host) != host || isOver
      guard isUnwanted, own.endedAt == nil || isOver else { continue }
      let monitor = WorkerMonitor(directory: folder.runDirectory(task: task.id, token: own.token))
      if monitor.isSupervised {
        count += 1
        monitor.requestStop(isOver ? .kill : .interrupt)
      } else if isOver, task.status.isTerminal, task.isCleanedUp {
        // Another machine has brought it to its end; what is left of it here is kept and removed.
        let worktree = worktree(of: task)
        if WorktreeStore.isSomebodysWork(worktree) { try? await setAside(task, worktree) }
      }
    }
    return count
  }

  /// Stops workers that this machine began under a name that it has lost, once somebody has gone on with their tasks.
  ///
  /// Returns how many have not ended yet.
  private func stopNameless(_ views: some Sequence<TaskView>) -> Int {
    let here = Set(Folder.names(in: folder.runs))
    var count = 0
    for task in views where here.contains(task.id) {
      for attempt in task.attempts where attempt.host != tasks.state.host {
        let isOver = attempt.endedAt != nil || attempt.token != task.attempts.last?.token
        guard isOver, beganHere(attempt, of: task.id) else { continue }
        let monitor = WorkerMonitor(
          directory: folder.runDirectory(task: task.id, token: attempt.token))
        guard monitor.isSupervised else { continue }
        count += 1
        monitor.requestStop(.kill)
      }
    }
    return count
  }

  /// Ends an attempt whose task another machine has by now: its work is kept, nothing is recorded.
  func surrender(_ id: String) async throws {
    try await keepOwnWork(of: try await task(id))
  }
}
