internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

/// What an attempt committed, and whether it is at the remote although orch has not pushed it.
extension EffectRunner {
  /// How long a look at a remote may take that is not worth waiting for, in seconds.
  static let shortLookSeconds = 10
  /// The most commits of an attempt that are told apart.
  private static let maximumOwnCommits = 1000

  /// The commits that an attempt made: its branch has them, or its worktree was at them, and nothing of what remotes
  /// had when it began.
  func ownCommits(
    of task: TaskView, _ worktree: Worktree, since before: RepositoryPicture
  ) async throws -> Set<String> {
    let name = "refs/heads/\(worktree.branch)"
    let head = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return try repository.reference(name)
    }
    let visited = self.visited(in: worktree, since: task.attempts.last?.startedAt ?? 0)
    let ids = Set([head?.hex].compactMap { $0 } + visited)
    guard !ids.isEmpty else { return [] }
    let base = try await baseBranch(of: task)
    let tracked = before.references.filter { name, _ in
      name.hasPrefix("refs/remotes/")
        || name.hasPrefix(RefLayout.tracking) && name.contains("/heads/")
    }
    guard tracked[RefLayout.trackedBranch(base, of: options.remote)] != nil else { return [] }
    let recorded: [String] =
      task.attempts.compactMap(\.head) + [task.pullRequest?.head].compactMap { $0 }
    let known: Set<String> = Set(tracked.values).union(recorded).union(bases(of: task))
    let lines = ids.sorted() + known.sorted().map { "^\($0)" }
    let found = try await git.run(
      ["rev-list", "--ignore-missing", "--max-count=\(Self.maximumOwnCommits)", "--stdin"],
      input: lines.joined(separator: "\n") + "\n", accepting: [128])
    return Set(found.text.split(separator: "\n").map(String.init))
  }

  /// The commits of the base that a task's present attempt began on: the base may have moved since the picture that
  /// it is compared with.
  private func bases(of task: TaskView) -> Set<String> {
    guard let attempt = task.attempts.last else { return [] }
    let known = room.bases(of: folder.runDirectory(task: task.id, token: attempt.token))
    // One that another process began has left its base in the run directory.
    return known.isEmpty ? Set([beginning(of: attempt, task.id)].compactMap { $0?.hex }) : known
  }

  /// The commits that a worktree's HEAD was at since a time in milliseconds since 1970, by its log.
  ///
  /// A worker may have removed the log. What is older is of earlier attempts, or of the task that had the worktree.
  private func visited(in worktree: Worktree, since start: Int) -> [String] {
    let folder = "\(commonDirectory)/worktrees/\(worktree.name)/logs"
    let log = ProtocolFolder(path: folder).read("HEAD") ?? ""
    return log.split(separator: "\n").suffix(Self.maximumOwnCommits).compactMap { line -> String? in
      // OLD NEW NAME <ADDRESS> SECONDS ZONE, a tab, and what was done.
      let head = line.split(separator: "\t", maxSplits: 1).first ?? ""
      let words = head.split(separator: " ")
      guard words.count > 3, let seconds = Int(words[words.count - 2]),
        seconds >= start / 1000, let id = ObjectID(hex: words[1]), id != .zero
      else { return nil }
      return id.hex
    }
  }

  /// What branches and tags of the remote lead to; nil if it does not say so in time, or nobody asks.
  func remoteReferences(isAsked: Bool) async -> [String: String]? {
    guard isAsked else { return nil }
    return try? await git.limited(toSeconds: Self.shortLookSeconds).advertisedReferences(
      remote: options.remote, patterns: ["refs/heads/*", "refs/tags/*"])
  }

  /// What of an attempt's commits the remote has.
  ///
  /// A worker that fetches the base by its address, and not by the remote's name, has its commits as if they were its own.
  func pushes(of own: Set<String>, at seen: [String: String]?, base: String) -> Differences {
    var found = Differences()
    for (name, object) in (seen ?? [:]).sorted(by: { $0.key < $1.key }) where own.contains(object) {
      let whole = name.hasSuffix("^{}") ? String(name.dropLast(3)) : name
      if whole == "refs/heads/" + base {
        found.add(
          "'\(options.remote)' has its commit \(object.prefix(10)) as '\(base)': the worker pushed it past orch, or "
            + "fetched it by the address ('git log -3 \(object.prefix(10))' shows whose it is)",
          to: .pushes)
        continue
      }
      found.add(
        "its commit \(object.prefix(10)) was pushed past orch: '\(options.remote)' has it as \(whole) "
          + "('git push \(options.remote) --delete \(whole)' removes that)", to: .pushes)
    }
    return found
  }
}
