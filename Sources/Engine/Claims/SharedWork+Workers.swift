internal import Agents
internal import GitState
internal import Workflow

/// The workers of this machine, and the claims that they work under.
extension SharedWork {
  /// Another machine has the task: its worker here is stopped, and nothing of it becomes public.
  func lose(_ task: RecordID) {
    lost.insert(task.text)
    try? begun.set(task, nil)
    used.remove(task.text)
    workers[task.text]?.requestStop(.kill)
  }

  /// Keeps a worker's deadline up to date from now on; to be called before the worker is started.
  ///
  /// False if the deadline could not be written: the worker must not be started then.
  func watch(_ monitor: WorkerMonitor, of task: String) async -> Bool {
    workers[task] = monitor
    return await writeDeadline(task, monitor)
  }

  /// True while the work on a task is this machine's, so that what it holds is kept for others.
  func keepsProgress(of task: String) -> Bool { workers[task] != nil && !lost.contains(task) }

  /// A worker has ended.
  func unwatch(_ task: String) { workers[task] = nil }

  func writeDeadlines() async {
    for (task, monitor) in workers { await writeDeadline(task, monitor) }
  }

  @discardableResult
  private func writeDeadline(_ task: String, _ monitor: WorkerMonitor) async -> Bool {
    guard let id = RecordID(task) else { return false }
    let mayWork = await keeper.mayWork(id)
    let deadline = await keeper.workDeadline
    return monitor.setWorkDeadline(milliseconds: mayWork ? deadline?.milliseconds : nil)
  }

  /// True if the last attempt of a task is this machine's, and goes on.
  private func isAtWork(on task: TaskView) -> Bool {
    task.status == .inProgress && task.attempts.last?.host == host
      && task.attempts.last?.endedAt == nil
  }

  /// Asks for the tasks anew whose claims somebody deleted at the remote while their workers were at work here.
  ///
  /// The workers rest until then. What another machine has taken meanwhile is lost, also if it has brought it to its end
  /// since: what a worker of an earlier attempt made would be published a second time.
  func askAgain() async {
    for task in unclaimed {
      guard workers[task.text] != nil else {
        unclaimed.remove(task)
        continue
      }
      guard let view = try? await tasks.find(task.text) else { continue }
      guard isAtWork(on: view) else {
        lose(task)
        continue
      }
      let answer = try? await keeper.acquire(task, Self.standing(view), state: stateAtArbiter)
      switch answer {
      case .won(let token):
        // The state at the remote was taken in on the way.
        guard let newest = try? await tasks.find(task.text), isAtWork(on: newest) else {
          lose(task)
          continue
        }
        try? begun.set(task, token)
        unclaimed.remove(task)
      case .terminal: lose(task)
      case .taken where await keeper.rivals[task]?.isFree == false: lose(task)
      default: continue
      }
    }
  }
}
