internal import Engine
internal import Git2
internal import Workflow

/// The worker that a command was called by: it may look, ask and propose; what only a person decides, it does not.
///
/// This keeps a worker from doing by mistake what it was not asked to do. What it could do on purpose, the walls keep it
/// from, see the threat model.
struct CallingWorker {
  /// Its task, by its full name.
  let task: String

  /// The worker of this repository that this process belongs to; nil if there is none.
  ///
  /// A worker's own tests may use orch in repositories of theirs: there it is nobody's worker.
  init?(commonDirectory: String) {
    guard let id = Environment.value("ORCH_TASK_ID"), !id.isEmpty else { return nil }
    if let folder = Environment.value("ORCH_STATE_DIR"),
      let home = RepositoryLocation(near: folder)?.commonDirectory,
      home != RepositoryLocation(near: commonDirectory)?.commonDirectory ?? commonDirectory
    {
      return nil
    }
    task = id
  }
}

extension Session {
  /// The worker that asks; nil for a person or an agent in the orchestrator's seat.
  var worker: CallingWorker? { CallingWorker(commonDirectory: commonDirectory) }

  /// Refuses workers; `action` is what they may not do, as in "approve a lesson".
  func refuseWorkers(_ action: String) throws {
    guard let worker else { return }
    throw CommandError(
      "a worker cannot \(action)",
      causes: ["this was called by the worker of task '\(worker.task.prefix(6))'"],
      hints: ["ask for it: orch ask \"…\""])
  }
}
