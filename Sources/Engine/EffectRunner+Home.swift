internal import Agents
internal import Git2
internal import GitCLI
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// What a sandboxed worker left in its private repository.
  struct Homecoming {
    /// What it was left in the middle of; nil if it was in the middle of nothing.
    var operation: OngoingOperation?
    /// A commit that its HEAD names and its branch does not.
    var detached: ObjectID?
    /// Why its work is not on its branch; nil if it is.
    var problem: String?
  }

  /// Brings the branch of a sandboxed worker into the repository; may be repeated.
  ///
  /// Its objects are fetched from a repository of orch's own making that borrows them, with every id
  /// computed anew and every object checked; of what the worker wrote only ids are read.
  func bringHome(
    _ task: TaskView, _ worktree: Worktree, _ monitor: WorkerMonitor
  ) async throws -> Homecoming {
    let repository = PrivateRepository(
      path: monitor.directory + "/git", commonDirectory: commonDirectory, worktree: worktree)
    var result = Homecoming()
    guard Self.exists(repository.path) else { return result }
    result.operation = repository.operation
    let reference = "refs/heads/\(worktree.branch)"
    let old = try Repository(at: options.repository).reference(reference)
    if let new = repository.head, new != old, let old {
      do {
        try await fetch(new, from: repository, of: task)
        try await git.run(["update-ref", reference, new.hex, old.hex])
      } catch let error as GitCommandError {
        result.problem = "its commits were refused: \(FailureText.sentence(error))"
        return result
      }
      try await code.run { repository throws(GitError) in try repository.refreshObjects() }
    }
    // Also if nothing moved: an earlier try may have been killed between the branch and the index.
    if result.operation == nil { try await follow(worktree) }
    if result.operation == nil, let detached = repository.detachedHead, detached != repository.head
    {
      try await fetch(detached, from: repository, of: task)
      try await code.run { repository throws(GitError) in try repository.refreshObjects() }
      result.detached = detached
      result.problem = "the worker left its branch '\(worktree.branch)'; its work is kept"
    }
    try await removePrivateFiles(monitor)
    return result
  }

  /// Puts the real worktree where its worker's is: on the branch, in the middle of nothing.
  private func follow(_ worktree: Worktree) async throws {
    // Hooks and watchers of a repository that the worker put into its tree must not be run.
    let careful = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    let place = git.at(worktree.path)
    if try worktree.status().isInOperation {
      for operation in ["rebase", "merge", "cherry-pick", "revert"] {
        try await place.run(careful + [operation, "--quit"], accepting: [1, 128])
      }
      try await place.run(careful + ["symbolic-ref", "HEAD", "refs/heads/\(worktree.branch)"])
    }
    try await place.run(careful + ["reset", "--quiet"])
  }

  /// Copies what a commit needs into the repository's own store, checked.
  private func fetch(
    _ commit: ObjectID, from repository: PrivateRepository, of task: TaskView
  ) async throws {
    let place = ShellCommand.quoted(repository.path)
    let objects = ShellCommand.quoted(repository.path + "/objects")
    let incoming = ShellCommand.quoted(repository.path + ".incoming")
    let own = ShellCommand.quoted(commonDirectory + "/objects")
    let result = try await ShellCommand.run(
      """
      set -e
      [ -d \(place) ] && [ ! -L \(place) ] && [ -d \(objects) ] && [ ! -L \(objects) ]
      rm -rf \(objects)/info \(incoming)
      mkdir -p \(incoming)/objects/info \(incoming)/refs/heads
      printf '%s\\n%s\\n' \(objects) \(own) > \(incoming)/objects/info/alternates
      echo 'ref: refs/heads/work' > \(incoming)/HEAD
      printf '[core]\\n\\trepositoryformatversion = 0\\n\\tbare = true\\n' > \(incoming)/config
      echo \(commit.hex) > \(incoming)/refs/heads/work
      """, in: monitorFolder(repository), environment: ["PATH": options.environment["PATH"] ?? ""],
      timeoutSeconds: 60)
    guard result.exitCode == 0 else {
      throw GitCommandError.failed(
        command: "git fetch", exitCode: result.exitCode ?? -1, detail: result.output)
    }
    let target = "refs/orch/incoming/\(task.id)"
    try await git.run([
      "-c", "fetch.fsckObjects=true", "-c", "protocol.file.allow=always", "-c", "gc.auto=0",
      "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
      "--no-recurse-submodules", repository.path + ".incoming", "+refs/heads/work:\(target)",
    ])
    try await git.run(["update-ref", "-d", target])
  }

  private func monitorFolder(_ repository: PrivateRepository) -> String {
    repository.path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
  }

  /// Removes the private repository and temporary files of an attempt that has ended.
  private func removePrivateFiles(_ monitor: WorkerMonitor) async throws {
    let run = ShellCommand.quoted(monitor.directory)
    _ = try await ShellCommand.run(
      "rm -rf \(run)/git \(run)/git.incoming \(run)/tmp", in: "/",
      environment: ["PATH": options.environment["PATH"] ?? ""], timeoutSeconds: 300)
  }
}
