internal import Agents
internal import Git2
internal import GitCLI
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// The longest time that one line of `worktrees.setup` may take, in seconds.
  static let setupSeconds = 1800

  /// Makes a task's worktree if it is not there, and brings it what work needs beside git's files.
  func makeWorktree(
    _ worktree: Worktree, of task: TaskView, at start: ObjectID
  ) async throws {
    _ = try await rescue(task, worktree)
    try await WorktreeStore.create(worktree, at: start, through: code, git: gitRunner)
  }

  /// The git program for what worktrees need of it: filters, sparse checkouts, partial clones.
  var gitRunner: GitRunner {
    let git = git
    return { arguments, folder, input in
      try await git.at(folder).run(arguments, input: input).text
    }
  }

  /// Copies ignored files and runs the set-up lines, once in the life of a worktree.
  ///
  /// Throws `SetupError`, which says what a person has to change.
  func furnish(_ worktree: Worktree) async throws {
    if options.copiedFiles.isEmpty && options.setup.isEmpty { return }
    if try worktree.isInStep(.furnished) { return }
    for file in options.copiedFiles { try await copy(file, into: worktree) }
    for line in options.setup {
      let result = try await shell(line, in: worktree.path)
      guard result.exitCode == 0 else {
        let end =
          result.timedOut
          ? "did not end within \(Self.setupSeconds) s" : "exit code \(result.exitCode ?? -1)"
        throw SetupError(
          text: "worktrees.setup: '\(line)' failed (\(end)):\n\(result.output.suffix(2000))")
      }
    }
    try worktree.beginStep(.furnished)
  }

  /// Copies one file or folder of the main checkout that git ignores; a missing one is left out.
  private func copy(_ file: String, into worktree: Worktree) async throws {
    let parts = file.split(separator: "/", omittingEmptySubsequences: false)
    guard !file.isEmpty, !parts.contains(where: { $0.isEmpty || $0 == ".." || $0 == ".git" }) else {
      throw SetupError(text: "worktrees.copy: '\(file)' is not a path below the repository")
    }
    let isIgnored = try await git.at(worktree.path).run(
      ["check-ignore", "--quiet", "--no-index", "--", file], accepting: [1])
    guard isIgnored.exitCode == 0 else {
      throw SetupError(
        text: "worktrees.copy: git does not ignore '\(file)', so that it would be committed; "
          + "add it to .gitignore")
    }
    let source = ShellCommand.quoted("\(options.repository)/\(file)")
    let target = ShellCommand.quoted("\(worktree.path)/\(file)")
    let result = try await shell(
      "[ ! -e \(source) ] || { mkdir -p \"$(dirname \(target))\" && cp -Rp \(source) \(target); }",
      in: worktree.path)
    guard result.exitCode == 0 else {
      throw SetupError(text: "worktrees.copy: '\(file)': \(result.output.suffix(500))")
    }
  }

  private func shell(_ line: String, in directory: String) async throws -> ShellResult {
    try await ShellCommand.run(
      line, in: directory,
      environment: EnvironmentPolicy.environment(from: options.environment, type: "script"),
      timeoutSeconds: Self.setupSeconds)
  }
}

/// Why a worktree could not be made ready for work.
struct SetupError: Error, Hashable {
  let text: String
}
