internal import Agents
internal import Dashboard
internal import Engine
internal import Git2
internal import GitState
internal import Workflow

/// Looks at a repository for `orch top`: reads what is there, and writes nothing of its own.
struct TopLook {
  /// The most workers that are looked at.
  static let maximumWorkers = 100

  private let session: Session
  private let folder: LocalFolder

  /// A look at a repository; throws `StateError.file`.
  init(_ session: Session) throws {
    self.session = session
    folder = try LocalFolder(commonDirectory: session.commonDirectory)
  }

  /// How things are now; throws `StateError`.
  func view() throws -> TopView {
    let now = Session.clock()
    let holder = RunHolder.running(session.commonDirectory)
    let (front, tasks) = try Overview.read(near: session.repository) { index, repository in
      let ids = (index.front.leading[.inProgress] ?? []).prefix(Self.maximumWorkers).map(\.id)
      return (index.front, try Overview.views(ids, index, in: repository))
    }
    let name = session.repository.split(separator: "/").last.map(String.init) ?? "orch"
    return TopView(
      project: name, front: front, workers: tasks.compactMap { worker($0, here: holder?.host) },
      runner: holder.map(Self.sentence), now: now)
  }

  private static func sentence(_ holder: RunHolder) -> String {
    holder.sentence + (holder.log.map { ", log \($0)" } ?? "")
  }

  private func worker(_ task: TaskView, here: String?) -> TopView.Worker? {
    guard let attempt = task.attempts.last else { return nil }
    var worker = TopView.Worker(
      task: task.id, title: task.title, agent: attempt.agent, attempt: attempt.number,
      startedAt: attempt.startedAt)
    let monitor = WorkerMonitor(
      directory: folder.runDirectory(task: task.id, token: attempt.token))
    guard let progress = monitor.progress() else {
      // No run directory here: it is another machine's, or has just begun.
      worker.host = attempt.host == here ? nil : attempt.host
      return worker
    }
    worker.costUSD = progress.chargedUSD ?? progress.report.costUSD
    worker.doing = Self.words(progress, isSuspended: monitor.isSuspended)
    return worker
  }

  private static func words(_ progress: WorkerProgress, isSuspended: Bool) -> String {
    switch progress.phase {
    case .stopping: return "is asked to stop"
    case .ending: return "has ended"
    case .waiting, .running:
      if isSuspended { return "is suspended until the remote has heard of this machine again" }
      if progress.phase == .waiting { return "waits for its turn" }
    }
    let said =
      progress.report.lastTool
      ?? progress.report.finalText.split(whereSeparator: \.isNewline).last.map(String.init)
    return BriefText.cut(said ?? "", BriefText.detailBytes)
  }
}
