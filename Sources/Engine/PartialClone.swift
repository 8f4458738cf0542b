internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

/// Brings the files that a merge needs where the clone has left them at its remote (`--filter`).
///
/// libgit2 asks no remote for an object; git does, one by one. Here all that are missing come at once.
enum PartialClone {
  /// Brings every version of the files that heads and base have changed since they parted.
  static func bring(
    _ heads: [ObjectID], base: ObjectID, from remote: String, _ git: GitProgram,
    _ code: RepositoryActor
  ) async throws {
    let isPartial = try await code.run { repository throws(GitError) in
      try repository.isPartialClone
    }
    guard isPartial else { return }
    var wanted: Set<ObjectID> = []
    for head in heads {
      let log = try await git.run([
        "log", "--raw", "--no-renames", "--no-abbrev", "--format=", "-m", "--root",
        "\(head)...\(base)",
      ])
      for line in log.text.split(separator: "\n") { wanted.formUnion(files(of: line)) }
    }
    let found = wanted
    let missing = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return found.filter { !repository.contains($0) }
    }
    if missing.isEmpty { return }
    _ = try await git.run(
      [
        "-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags",
        "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin", remote,
      ], input: missing.map { "\($0)\n" }.sorted().joined())
    try await code.run { repository throws(GitError) in try repository.refreshObjects() }
  }

  /// The blobs of a line of `git log --raw`: two modes, two ids, the kind of change and the path.
  private static func files(of line: Substring) -> [ObjectID] {
    let words = line.dropFirst().split(separator: " ", maxSplits: 4)
    guard line.hasPrefix(":"), words.count == 5 else { return [] }
    return [(words[0], words[2]), (words[1], words[3])].compactMap { mode, id in
      guard mode.hasPrefix("100") || mode == "120000" else { return nil }
      return ObjectID(hex: String(id)).flatMap { $0 == .zero ? nil : $0 }
    }
  }
}

extension EffectRunner {
  /// Brings what the merges of some tasks' branches with their base need.
  func bringMissing(_ heads: [ObjectID], onto base: ObjectID) async throws {
    try await PartialClone.bring(heads, base: base, from: options.remote, git, code)
  }

  /// Brings what an effect on a task may have found missing, so that its next try finds it.
  func bringMissing(of id: String) async throws {
    let task = try await task(id)
    let pushed = task.pullRequest.flatMap { ObjectID(hex: $0.head) }
    let local = try await branchHead(worktree(of: task))
    let names = try await [RefLayout.trackedBranch(baseBranch(of: task), of: options.remote)]
    guard let base = try await tracked(names).first else { return }
    let heads = [pushed, local].compactMap { $0 }
    let present = await code.run { repository in heads.filter { repository.contains($0) } }
    try await bringMissing(present, onto: base)
  }
}
