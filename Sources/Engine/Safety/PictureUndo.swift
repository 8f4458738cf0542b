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
  /// Commits that the attempt made.
  let mine: Set<String>
  /// Judges references that others than workers move as well.
  let shared: SharedReferences

  /// What differs and was undone: what workers that ran may have done, with those who may have, and what is shown
  /// to be this one's own.
  func run(
    from old: RepositoryPicture, to new: RepositoryPicture
  ) async throws -> (shared: [(Differences, RoomWatch.Suspects)], own: Differences) {
    let (references, foreign, own) = try await references(old, new)
    var rest = new
    rest.references = references
    rest.gitFiles = old.gitFiles
    rest.settings = old.settings
    var told = rest.differences(from: old)
    told.add(foreign)
    let found = try await [
      [(told, self.suspects(of: nil))], self.files(old, new), self.settings(old, new),
      self.stash(old, new),
    ]
    return (found.flatMap { $0 }.filter { !$0.0.isEmpty }, own)
  }

  /// The workers that may have done what was done at a time.
  private func suspects(of time: Int?) -> RoomWatch.Suspects {
    runner.room.suspects(of: time, ending: runDirectory, from: exit.startedAt, until: exit.endedAt)
  }

  // MARK: References

  /// Undoes what leads to commits of this attempt, and what nobody but a worker can have moved so; returns the
  /// references that are left to be told of, what was undone of any worker's doing, and what is told of this one.
  private func references(
    _ old: RepositoryPicture, _ new: RepositoryPicture
  ) async throws -> ([String: String], foreign: Differences, own: Differences) {
    var left = new.references
    var (foreign, own) = (Differences(), Differences())
    let base = "refs/heads/\(try await runner.baseBranch(of: task))"
    let views = try await runner.tasks.all()
    for (name, was, now) in RepositoryPicture.changes(old.references, new.references) {
      if isOwn(name) {
        left[name] = was
      } else if SharedReferences.isShared(name) {
        let verdict = try await shared.verdict(on: name, now: now)
        if verdict != .open { left[name] = was }
        guard verdict == .foreign, try await putBack(name, was, now) else { continue }
        let told = Self.undone(name, was, now)
        if let now, mine.contains(now) { own.add(told) } else { foreign.add(told) }
      } else if let now, try await mine.contains(peeled(now)) {
        guard try await putBack(name, was, now) else { continue }
        left[name] = was
        own.add(Self.undone(name, was, now))
      } else if now == nil, let was, name == base {
        try await runner.git.run(
          ["update-ref", name, was, String(repeating: "0", count: was.count)])
        own.add("\(name) was changed and is as it was", to: .undone)
      } else if RepositoryPicture.isOfTasks(name), isOrchs(name, now, views) {
        left[name] = was
      }
    }
    return (left, foreign, own)
  }

  /// Makes a reference lead to what it led to; false if it still leads to what it must not.
  private func putBack(_ name: String, _ was: String?, _ now: String?) async throws -> Bool {
    // Of a symbolic reference, itself: what it names may be somebody's branch.
    var words = ["update-ref", "--no-deref"] + (was.map { [name, $0] } ?? ["-d", name])
    if let now { words.append(now) }
    if try await runner.git.run(words, accepting: [1, 128]).exitCode == 0 { return true }
    // A fetch of orch's own may have been faster.
    let current = try await runner.code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return try repository.reference(name)
    }
    return current?.hex != now
  }

  /// What is told of a reference that was put back.
  private static func undone(_ name: String, _ was: String?, _ now: String?) -> Differences {
    var (before, after) = (RepositoryPicture(), RepositoryPicture())
    before.references[name] = was
    after.references[name] = now
    var told = after.differences(from: before)
    told.add("\(name) was changed and is as it was", to: .undone)
    return told
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
    let words = [key] + values.map { $0.lowercased() }
    let sure = recorded(suspects) { text in words.allSatisfy { text.contains($0) } }
    return sure.count == 1 ? only(sure) : suspects
  }

  /// Those of several whose record of tool calls has a call, in lower case, of which something is true.
  private func recorded(
    _ suspects: RoomWatch.Suspects, _ isMeant: (String) -> Bool
  ) -> Set<String> {
    suspects.others.union(suspects.isOwn ? [runDirectory] : []).filter { name in
      WorkerMonitor(directory: name).toolCalls(last: EffectRunner.maximumToolCalls)
        .contains { isMeant($0.text.lowercased()) }
    }
  }

  private func only(_ names: Set<String>) -> RoomWatch.Suspects {
    .init(
      isOwn: names.contains(runDirectory), others: names.subtracting([runDirectory]))
  }

  /// Entries that the stash lost: put back where a worker has told of dropping one; a person may as well have.
  private func stash(
    _ old: RepositoryPicture, _ new: RepositoryPicture
  ) async throws -> [(Differences, RoomWatch.Suspects)] {
    let lost = old.stash.filter { new.stash[$0.key] == nil }.sorted { $0.key < $1.key }
    if lost.isEmpty { return [] }
    let suspects = self.suspects(of: nil)
    let drops = ["pop", "drop", "clear"]
    let sure = recorded(suspects) { text in
      text.contains("git stash") && drops.contains { text.contains($0) }
    }
    var told = Differences()
    for (id, name) in lost {
      var isBack = false
      if !sure.isEmpty {
        let words = ["stash", "store", "--message", name, id]
        isBack = try await runner.git.run(words, accepting: Set(1...128)).exitCode == 0
      }
      if isBack {
        told.add("the stash lost its entry '\(name)', which is back", to: .undone)
      } else {
        let order = "'git stash store \(id.prefix(12))' brings it back"
        told.add("the stash lost its entry '\(name)': \(order)", to: .references)
      }
    }
    return [(told, sure.isEmpty ? suspects : only(sure))]
  }

  private func set(_ key: String, to values: [String]) async throws {
    let file = runner.commonDirectory + "/config"
    try await runner.git.run(["config", "--file", file, "--unset-all", key], accepting: [5])
    for value in values {
      try await runner.git.run(["config", "--file", file, "--add", key, value])
    }
  }
}
