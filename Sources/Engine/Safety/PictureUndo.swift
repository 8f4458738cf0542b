internal import Agents
internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

/// Tells what a worker changed outside of its room, and undoes what can only be its doing or must not stay.
///
/// Undone are: references that lead to commits of this attempt, a removed base branch, files of the git directory
/// that git obeys, and settings by which git runs programs or chooses addresses. What stood in their place is kept
/// in `folder` or named. Everything else may be a person's work meanwhile and is only told: references that
/// lead elsewhere, new remotes and aliases, other settings, files of the main checkout, and what was changed when
/// the worker did not live.
struct PictureUndo {
  /// How long after a worker's end a change may still be its own, in milliseconds: the clocks of files are coarse.
  private static let slackMilliseconds = 1000

  let runner: EffectRunner
  let task: TaskView
  let worktree: Worktree
  let exit: WorkerExit
  let folder: String

  /// What differs and was undone: what any worker that ran may have done, and what is shown to be this one's own.
  func run(
    from old: RepositoryPicture, to new: RepositoryPicture
  ) async throws -> (shared: Differences, own: Differences) {
    let (references, own) = try await references(old, new)
    var told = new
    told.references = references
    var shared = told.differences(from: old)
    for line in try await undoFiles(old, new) { shared.add(line, to: .undone) }
    for line in try await undoSettings(old, new) { shared.add(line, to: .undone) }
    return (shared, own)
  }

  // MARK: References

  /// Undoes what leads to commits of this attempt; returns the references that are left to be told of as any
  /// worker's, and what is told of this one.
  private func references(
    _ old: RepositoryPicture, _ new: RepositoryPicture
  ) async throws -> ([String: String], Differences) {
    var left = new.references
    var own = Differences()
    let mine = try await commitsOfAttempt()
    let base = "refs/heads/\(try await runner.baseBranch(of: task))"
    let views = try await runner.tasks.all()
    for (name, was, now) in RepositoryPicture.changes(old.references, new.references) {
      if isOwn(name) {
        left[name] = was
      } else if let now, try await mine.contains(peeled(now)) {
        let words = was.map { ["update-ref", name, $0, now] } ?? ["update-ref", "-d", name, now]
        try await runner.git.run(words)
        left[name] = was
        var single = RepositoryPicture()
        single.references = [name: now]
        var before = RepositoryPicture()
        before.references = was.map { [name: $0] } ?? [:]
        own.add(single.differences(from: before))
        own.add("\(name) is as it was", to: .undone)
      } else if now == nil, let was, name == base {
        try await runner.git.run(
          ["update-ref", name, was, String(repeating: "0", count: was.count)])
        own.add("\(name) is as it was", to: .undone)
      } else if RepositoryPicture.isOfTasks(name), isOrchs(name, now, views) {
        left[name] = was
      }
    }
    return (left, own)
  }

  /// True for the branch and the checkpoints of the task itself.
  private func isOwn(_ name: String) -> Bool {
    name == "refs/heads/" + worktree.branch || name.contains("/\(task.id)/")
  }

  /// True if orch may have moved the branch or checkpoint of another task so: that task is over or at work, or
  /// the reference leads to what is recorded of it.
  private func isOrchs(_ name: String, _ now: String?, _ views: [String: TaskView]) -> Bool {
    let owner = views.values.first { view in
      name.contains("/\(view.id)/") || name == "refs/heads/" + runner.worktree(of: view).branch
    }
    guard let owner else { return !name.hasPrefix("refs/heads/") }
    if owner.status.isTerminal || owner.attempts.last?.endedAt == nil { return true }
    let recorded = owner.attempts.flatMap { [$0.head, $0.startHead] } + [owner.pullRequest?.head]
    guard let now else { return false }
    return !name.hasPrefix("refs/heads/") || recorded.contains(now)
  }

  /// The commits that this attempt made: its branch has them, and what it began with has not.
  private func commitsOfAttempt() async throws -> Set<String> {
    let name = "refs/heads/\(worktree.branch)"
    let head = try await runner.code.run { repository throws(GitError) in
      try repository.reference(name)
    }
    guard let head else { return [] }
    let base = try await runner.baseBranch(of: task)
    let tracking = RefLayout.trackedBranch(base, of: runner.options.remote)
    let found = try await runner.git.run(
      ["rev-list", "--max-count=1000", head.hex, "--not", tracking, "--"], accepting: [128])
    return Set(found.text.split(separator: "\n").map(String.init))
  }

  /// The commit that an object leads to; empty if it leads to none.
  private func peeled(_ object: String) async throws -> String {
    let found = try await runner.git.run(
      ["rev-parse", "--verify", "--quiet", "\(object)^{commit}"], accepting: [1, 128])
    return found.text.split(separator: "\n").first.map(String.init) ?? ""
  }

  // MARK: Files and settings

  private func undoFiles(
    _ old: RepositoryPicture, _ new: RepositoryPicture
  ) async throws -> [String] {
    let place = ObeyedFiles(directory: runner.commonDirectory)
    let wanted = RepositoryPicture.changes(old.gitFiles, new.gitFiles)
      .filter { $0.name != "info/exclude" && !isOfAnotherTime(place.changedAt($0.name)) }
      .map { ($0.name, $0.old) }
    let folder = folder
    return await runner.code.run { repository in
      var lines: [String] = []
      for (name, was) in wanted
      where place.restore(name, was, aside: folder, from: repository) {
        let what = RepositoryPicture.name(ofGitFile: name)
        lines.append("\(what) is as it was; the other one is in '\(folder)'")
      }
      return lines
    }
  }

  /// True for a time at which the worker was not yet, or no longer, alive.
  private func isOfAnotherTime(_ time: Int?) -> Bool {
    guard let time else { return false }
    let isBefore = exit.startedAt.map { time < $0 - Self.slackMilliseconds } ?? false
    return isBefore || time > exit.endedAt + Self.slackMilliseconds
  }

  private func undoSettings(
    _ old: RepositoryPicture, _ new: RepositoryPicture
  ) async throws -> [String] {
    let file = runner.commonDirectory + "/config"
    var undone: [String] = []
    for (key, was, _) in RepositoryPicture.changes(old.settings, new.settings)
    where RepositoryPicture.isGuarded(key) && !new.isNewAndIdle(key, since: old) {
      try await runner.git.run(
        ["config", "--file", file, "--unset-all", key], accepting: [5])
      for value in was ?? [] {
        try await runner.git.run(["config", "--file", file, "--add", key, value])
      }
      undone.append("the setting \(key) is as it was")
    }
    return undone
  }
}
