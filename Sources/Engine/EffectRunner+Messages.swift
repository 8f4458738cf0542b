internal import Agents
internal import Git2
internal import GitState
internal import JSON
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
      stopIfUnanswered(task, attempt, folder)
    }
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
    guard let text = folder.checkpoint, text != task.checkpoint else { return }
    var change = TaskChange(.checkpointed)
    change.token = attempt.token
    change.fields["checkpoint"] = .string(text)
    if let kept = try? await keepSnapshot(of: task, worktree, why: "attempt \(attempt.number)") {
      change.fields["wip"] = .string(kept.hex)
    }
    _ = try? await tasks.record(task.id, change)
  }
}
