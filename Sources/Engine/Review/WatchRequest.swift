internal import GitState
internal import JSON
public import Workflow

/// What came of the wish that a person's pull request be watched.
public enum WatchRequest: Sendable, Hashable {
  /// It will be, by this task.
  case begun(TaskView)
  /// It is already, by this task.
  case known(TaskView)
  /// It is of one of orch's own tasks, which watches it anyway.
  case own(TaskView)
}

extension NewTask {
  /// The task of watching a pull request that a person opened.
  public init(watching name: String, title: String) {
    self.init(title: title)
    watches = name
    source = .pullRequest
  }
}

extension TaskStore {
  /// Asks for a person's pull request to be watched; one whose watch has ended is watched anew.
  ///
  /// `now` is in milliseconds since 1970.
  public func watch(
    _ found: FoundPullRequest, by author: String, now: Int
  ) async throws -> WatchRequest {
    let views = try await all().values
    let name = found.id
    if let own = views.first(where: { $0.watches == nil && $0.pullRequest?.id == name }) {
      return .own(own)
    }
    guard let known = views.first(where: { $0.watches == name }) else {
      guard let id = EffectRunner.recordID(ofPullRequest: name) else {
        throw TaskError.missing(name)
      }
      var task = NewTask(watching: name, title: found.title)
      task.base = found.base
      task.issueAskedAt = found.updatedAt
      return .begun(try await add(task, id: id, author: author, now: now))
    }
    guard known.status.isTerminal else { return .known(known) }
    return .begun(
      try await record(known.id) { view in
        var change = TaskChange(.retried)
        change.author = author
        change.fields = view.freshStart
        change.fields[Field.issueAskedAt] = .number(found.updatedAt)
        // Who asks for it by hand needs no label.
        change.fields[Field.issueLabel] = .null
        return change
      })
  }
}
