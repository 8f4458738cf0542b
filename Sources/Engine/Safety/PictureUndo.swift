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
  let runner: EffectRunner
  let task: TaskView
  let worktree: Worktree
  let exit: WorkerExit
  /// The worker's run directory, by which the room knows it.
  let runDirectory: String
  let folder: String

  /// What differs and was undone: what workers that ran may have done, with those who may have, and what is shown
  /// to be this one's own.
  func run(
    from old: RepositoryPicture, to new: RepositoryPicture
  ) async throws -> (shared: [(Differences, RoomWatch.Suspects)], own: Differences) {
    let (references, own) = try await references(old, new)
    var rest = new
    rest.references = references
    rest.gitFiles = old.gitFiles
    rest.settings = old.settings
    let found = try await [
      [(rest.differences(from: old), self.suspects(of: nil))], self.files(old, new),
      self.settings(old, new),
    ]
    return (found.flatMap { $0 }.filter { !$0.0.isEmpty }, own)
  }

  /// The workers that may have done what was done at a time.
  private func suspects(of time: Int?) -> RoomWatch.Suspects {
    runner.room.suspects(of: time, ending: runDirectory, from: exit.startedAt, until: exit.endedAt)
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
        own.add("\(name) was changed and is as it was", to: .undone)
      } else if now == nil, let was, name == base {
        try await runner.git.run(
          ["update-ref", name, was, String(repeating: "0", count: was.count)])
        own.add("\(name) was changed and is as it was", to: .undone)
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

  /// True if orch, or its own worker, may have moved the branch or checkpoint of another task so: that task is
  /// over or at work, orch was at it meanwhile, or the reference leads to what is recorded of it.
  private func isOrchs(_ name: String, _ now: String?, _ views: [String: TaskView]) -> Bool {
    let owner = views.values.first { view in
      name.contains("/\(view.id)/") || name == "refs/heads/" + runner.worktree(of: view).branch
    }
    guard let owner else {
      return !name.hasPrefix("refs/heads/") || EffectRunner.isThrowaway(branch: name)
    }
    if owner.status.isTerminal || owner.attempts.last?.endedAt == nil { return true }
    if runner.room.wasAt(owner.id) { return true }
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

  /// Hooks and their like, each with those who may have changed it.
  private func files(
    _ old: RepositoryPicture, _ new: RepositoryPicture
  ) async throws -> [(Differences, RoomWatch.Suspects)] {
    let place = ObeyedFiles(directory: runner.commonDirectory)
    var found: [(Differences, RoomWatch.Suspects)] = []
    for (name, was, now) in RepositoryPicture.changes(old.gitFiles, new.gitFiles) {
      let suspects = self.suspects(of: place.changedAt(name))
      var single = RepositoryPicture()
      single.gitFiles[name] = now
      var before = RepositoryPicture()
      before.gitFiles[name] = was
      var told = single.differences(from: before)
      if name != "info/exclude", suspects.isWorkers, await restore(name, was, place) {
        let what = RepositoryPicture.name(ofGitFile: name)
        told.add("\(what) is as it was; the other one is in '\(folder)'", to: .undone)
      }
      found.append((told, suspects))
    }
    return found
  }

  private func restore(_ name: String, _ was: String?, _ place: ObeyedFiles) async -> Bool {
    let folder = folder
    return await runner.code.run { repository in
      place.restore(name, was, aside: folder, from: repository)
    }
  }

  /// Settings, each with those who may have set it: who lived when their file was written last.
  private func settings(
    _ old: RepositoryPicture, _ new: RepositoryPicture
  ) async throws -> [(Differences, RoomWatch.Suspects)] {
    let time = ObeyedFiles(directory: runner.commonDirectory).changedAt("config")
    var found: [(Differences, RoomWatch.Suspects)] = []
    for (key, was, now) in RepositoryPicture.changes(old.settings, new.settings) {
      var single = RepositoryPicture()
      single.settings[key] = now
      var before = RepositoryPicture()
      before.settings[key] = was
      var told = single.differences(from: before)
      if RepositoryPicture.isGuarded(key), !new.isNewAndIdle(key, since: old) {
        try await set(key, to: was ?? [])
        let what = now.map { "changed to '\($0.joined(separator: ", "))'" } ?? "taken away"
        told.add("the setting \(key) was \(what); set back", to: .undone)
      }
      found.append((told, narrowed(self.suspects(of: time), key, now)))
    }
    return found
  }

  /// Of several who may have set a setting, the only one whose record of tool calls has its name and its value.
  private func narrowed(
    _ suspects: RoomWatch.Suspects, _ key: String, _ values: [String]?
  ) -> RoomWatch.Suspects {
    guard let values, !suspects.others.isEmpty else { return suspects }
    let names = suspects.others.union(suspects.isOwn ? [runDirectory] : [])
    let words = [key] + values.map { $0.lowercased() }
    let sure = names.filter { name in
      WorkerMonitor(directory: name).toolCalls(last: EffectRunner.maximumToolCalls)
        .contains { call in
          let text = call.text.lowercased()
          return words.allSatisfy { text.contains($0) }
        }
    }
    guard sure.count == 1 else { return suspects }
    return .init(
      isOwn: sure.contains(runDirectory), others: sure.subtracting([runDirectory]))
  }

  private func set(_ key: String, to values: [String]) async throws {
    let file = runner.commonDirectory + "/config"
    try await runner.git.run(["config", "--file", file, "--unset-all", key], accepting: [5])
    for value in values {
      try await runner.git.run(["config", "--file", file, "--add", key, value])
    }
  }
}
