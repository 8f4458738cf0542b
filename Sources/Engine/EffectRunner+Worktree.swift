internal import Agents
internal import Git2
internal import GitCLI
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// The longest time that one line of `worktrees.setup` may take, in seconds.
  static let setupSeconds = 1800

  /// Makes a task's worktree if it is not there; true if nothing of it was there, nor of
  /// the task that had it before.
  @discardableResult
  func makeWorktree(
    _ worktree: Worktree, of task: TaskView, at start: ObjectID
  ) async throws -> Bool {
    _ = try await rescue(task, worktree)
    let before = await code.run { repository in
      WorktreeStore.occupant(of: worktree, in: repository)
    }
    if before == .broken {
      // `create` puts it aside under another name: whoever had work in it is told where it is.
      try await tell(task, ofBroken: worktree)
    }
    if options.pool.size > 0, !WorktreeStore.isWhole(worktree) {
      let isTaken = try await WorktreePool.take(
        worktree, at: start, keepingIgnored: options.pool.keepsIgnored, through: code,
        git: gitRunner)
      if isTaken { return !options.pool.keepsIgnored }
    }
    try await WorktreeStore.create(worktree, at: start, through: code, git: gitRunner)
    return before == .nothing
  }

  private func tell(_ task: TaskView, ofBroken worktree: Worktree) async throws {
    let text =
      "The worktree '\(worktree.path)' could not be opened any more. What was in it is beside it, under the same "
      + "name with '.kept-' and a number: look there for work that is in no commit."
    let id = "\(task.highestToken)-kept-\(options.clock())"
    try await tasks.send(
      Message(id: id, at: options.clock(), sender: "orch", text: text, isForWorker: true),
      to: task.id)
  }

  /// The git program for what worktrees need of it: filters, sparse checkouts, partial clones.
  var gitRunner: GitRunner {
    let git = git
    return { arguments, folder, input in
      try await git.at(folder).run(arguments, input: input).text
    }
  }

  /// Copies ignored files and runs the set-up lines, once for each task that gets the worktree.
  ///
  /// Where ignored files stay in a reused worktree, the lines run again only if they or what they depend
  /// on have changed.
  ///
  /// Lines run where `runSetup` says; `isBases` as there. Throws `SetupError`, which says what a person has to change.
  func furnish(_ worktree: Worktree, of owner: String, isBases: Bool) async throws {
    let setup = options.setup + (try await setupOfContainer(worktree, of: owner))
    if options.copiedFiles.isEmpty && setup.isEmpty { return }
    if try worktree.isInStep(.furnished) { return }
    for file in options.copiedFiles { try await copy(file, into: worktree) }
    let stamp = try setupStamp(worktree, setup)
    let isCached = options.pool.keepsIgnored && !options.pool.setupInputs.isEmpty
    if isCached, worktree.setupStamp == stamp { return try worktree.beginStep(.furnished) }
    for line in setup {
      let result = try await runSetup(line, of: owner, in: worktree, isBases: isBases)
      guard result.exitCode == 0 else {
        let end =
          result.timedOut
          ? "did not end within \(Self.setupSeconds) s" : "exit code \(result.exitCode ?? -1)"
        let said = result.output.isEmpty ? "" : ":\n\(result.output.suffix(2000))"
        throw SetupError(text: "the worktree's set-up: '\(line)' failed (\(end))\(said)")
      }
    }
    try worktree.noteSetup(stamp)
    try worktree.beginStep(.furnished)
  }

  /// What the set-up is made by: its lines and the files that it depends on, as the worktree has them.
  private func setupStamp(_ worktree: Worktree, _ setup: [String]) throws -> String {
    var text = setup.joined(separator: "\0") + "\0\0"
    for file in options.pool.setupInputs.sorted() {
      let content = ProtocolFolder(path: worktree.path).read(file)
      text += "\(file)\0\(content ?? "")\0\(content == nil)\0"
    }
    return try Repository.id(of: Array(text.utf8), .blob).hex + "\n"
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
    // What a link in the tree leads to is not written to.
    let result = try await ShellCommand.run(
      """
      [ -e \(source) ] || exit 0
      [ ! -L \(target) ] || { echo 'the branch has a link there'; exit 1; }
      mkdir -p "$(dirname \(target))" && cp -Rp \(source) \(target)
      """, in: worktree.path, environment: commandEnvironment, timeoutSeconds: Self.setupSeconds)
    guard result.exitCode == 0 else {
      throw SetupError(text: "worktrees.copy: '\(file)': \(result.output.suffix(500))")
    }
  }
}

/// Why a worktree could not be made ready for work.
struct SetupError: Error, Hashable {
  let text: String
}
