internal import Agents
internal import Git2
internal import GitState
internal import JSON
internal import Synchronization
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Exchanges messages with the running workers of this machine: inbox, outbox, checkpoint.
  ///
  /// Each file may be seen many times; what it says is recorded once.
  func attend(_ views: some Sequence<TaskView>) async {
    for task in views where task.status == .inProgress {
      guard let attempt = task.attempts.last, attempt.endedAt == nil,
        attempt.host == tasks.state.host, isPrepared(task, attempt)
      else { continue }
      let worktree = worktree(of: task)
      let folder = MessageFolder(path: "\(worktree.path)/\(WorktreeStore.protocolFolder)")
      folder.deliver(task.unreadMessages, of: task, token: attempt.token)
      for message in folder.sent(token: attempt.token, now: options.clock())
      where !task.messages.contains(where: { $0.id == message.id }) {
        do { try await tasks.send(message, to: task.id) } catch {
          // It stays in the outbox and is tried again with the next look, or at the attempt's end.
          continue
        }
      }
      await recordCheckpoint(of: task, attempt, worktree, folder)
      await keepProgress(of: task, attempt, worktree)
      stopIfUnanswered(task, attempt, folder)
    }
  }

  /// Says once, as a message of the attempt, what of an ended worker's outbox was not taken.
  func tellOfLeftBehind(_ task: TaskView, _ attempt: Attempt) async {
    let path = "\(worktree(of: task).path)/\(WorktreeStore.protocolFolder)"
    let count = MessageFolder(path: path).leftBehind
    guard count > 0 else { return }
    let files = count == 1 ? "1 file of the outbox was" : "\(count) files of the outbox were"
    let message = Message(
      id: "\(attempt.token)-left", at: options.clock(), sender: "worker",
      text: "\(files) not taken: an attempt sends at most \(MessageFolder.maximumFiles) messages, "
        + "'0001.md', '0002.md' and so on without a gap", isForWorker: false)
    guard !task.messages.contains(where: { $0.id == message.id }) else { return }
    _ = try? await tasks.send(message, to: task.id)
  }

  /// False while the folder may still hold what an earlier attempt has left.
  private func isPrepared(_ task: TaskView, _ attempt: Attempt) -> Bool {
    WorkerMonitor(directory: self.folder.runDirectory(task: task.id, token: attempt.token))
      .isPrepared
  }

  /// Records what a worker has written to `checkpoint.md`, with its worktree as it stands.
  private func recordCheckpoint(
    of task: TaskView, _ attempt: Attempt, _ worktree: Worktree, _ folder: MessageFolder
  ) async {
    let key = Self.key(task, attempt)
    // The state has it with its secrets replaced: only what was read can be compared with what is read.
    guard let text = folder.checkpoint, text != task.checkpoint,
      !checkpoints.withLock({ $0.hasRecorded(text, of: key) })
    else { return }
    var change = TaskChange(.checkpointed)
    change.token = Self.token(of: attempt, in: task, await voice(of: attempt, task.id))
    change.fields["checkpoint"] = .string(text)
    if let kept = try? await keepSnapshot(of: task, worktree, why: "attempt \(attempt.number)") {
      change.fields["wip"] = .string(kept.hex)
    }
    guard (try? await tasks.record(task.id, change)) != nil else { return }
    checkpoints.withLock { $0.note(text, of: key) }
  }

  private static func key(_ task: TaskView, _ attempt: Attempt) -> String {
    "\(task.id)/\(attempt.token)"
  }

  /// Keeps a worktree from time to time, and when its branch has moved.
  ///
  /// Whether its worker writes checkpoints or not, another machine has something to go on from if this one
  /// dies. It travels with the next sync.
  private func keepProgress(
    of task: TaskView, _ attempt: Attempt, _ worktree: Worktree
  ) async {
    guard let shared, !shared.options.isOffline, WorktreeStore.isSomebodysWork(worktree),
      await shared.keepsProgress(of: task.id)
    else { return }
    let key = Self.key(task, attempt)
    let start = options.clock()
    let head = try? Repository(at: worktree.path).reference("HEAD")
    let interval = shared.options.checkpointSeconds * 1000
    let isDue = checkpoints.withLock {
      $0.isDue(key, head: head ?? nil, now: start, every: interval)
    }
    guard isDue else { return }
    if WorkerMonitor.isSmall(worktree.path, options.quotaBytes) {
      _ = try? await keepSnapshot(of: task, worktree, why: "attempt \(attempt.number)")
    }
    let end = options.clock()
    checkpoints.withLock { $0.kept(key, head: head ?? nil, from: start, to: end) }
  }
}
