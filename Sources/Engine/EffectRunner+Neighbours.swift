internal import GitState
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// The most neighbours that a prompt names.
  static let maximumNeighbours = 20
  /// The most files of a neighbour that a prompt names.
  static let maximumNeighbourFiles = 10

  /// Other tasks that are changing files, and which.
  ///
  /// With `onlyShared`, those that this task will probably change too; a task that says nothing of its files, and has
  /// changed none yet, is told of all that others change.
  func neighbours(
    of task: TaskView, among views: [String: TaskView], onlyShared: Bool = false
  ) async throws -> [(id: String, title: String, files: [String])] {
    let others = views.values.filter {
      $0.id != task.id && ($0.status == .inProgress || $0.status == .inReview) && $0.branch != nil
    }
    guard !others.isEmpty else { return [] }
    let folders = views.values.filter {
      $0.status == .inProgress && $0.attempts.last?.host == tasks.state.host
    }.map { ($0.id, self.worktree(of: $0).path) }
    _ = try await radar.look(
      views, remote: options.remote,
      worktrees: Dictionary(folders, uniquingKeysWith: { first, _ in first }), through: code,
      git: git)
    let files = try await forecast([task])
    let mine = files[task.id] ?? []
    return others.sorted { $0.id < $1.id }.compactMap { other in
      let all = files[other.id] ?? []
      let shared = mine.isEmpty || !onlyShared ? all : all.intersection(mine)
      if shared.isEmpty { return nil }
      return (
        String(other.id.prefix(6)), other.title,
        Array(shared.sorted().prefix(Self.maximumNeighbourFiles))
      )
    }.prefix(Self.maximumNeighbours).map { $0 }
  }
}
