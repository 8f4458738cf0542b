internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow
internal import Worktrees

extension EffectRunner {
  /// Leaves the conflict of a branch with the base in its worktree as git itself does, markers and all.
  ///
  /// A branch is stopped in the middle of its rebase; one that has merged the base before, in the middle
  /// of another merge. Nothing happens if something is in progress there already, or if the branch is on
  /// top of the base. What a call that was killed half way has written is kept, and then undone.
  func layOutConflict(
    _ task: TaskView, _ worktree: Worktree, onto baseHead: ObjectID, _ base: String
  ) async throws {
    let status = try worktree.status()
    let isHalfDone = try worktree.isInStep(.merging)
    if isHalfDone, !status.isClean { try await undoLayOut(task, worktree) }
    if !isHalfDone, status.isInOperation { return }
    let branch = "refs/heads/" + worktree.branch
    let head = try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      return try repository.reference(branch)
    }
    let former = try await formerBase(of: task, head, onto: baseHead)
    guard let head, let verdict = try await standing(of: head, onto: baseHead, since: former) else {
      return try worktree.endStep(.merging)
    }
    try worktree.beginStep(.merging)
    switch try await signed(verdict, onto: baseHead, of: task).verdict {
    case .clean(let rebased):
      try await worktree.move(to: rebased.head, from: head, by: signatureNow, git: gitRunner) {
        try keep($0, of: task)
      }
    case .conflict(let report):
      try await layOut(report, worktree, onto: baseHead, base, since: former)
    }
    try worktree.endStep(.merging)
  }

  /// How a branch fits onto a base, with known resolutions; nil if it is on top of it.
  ///
  /// A branch that has commits which the base has left is not on top of it, whatever else it has.
  func standing(
    of head: ObjectID, onto baseHead: ObjectID, since former: ObjectID?
  ) async throws -> RebaseVerdict? {
    let verdict = try await code.run { repository throws -> RebaseVerdict? in
      if former == nil, try repository.contains(baseHead, inHistoryOf: head) { return nil }
      return try self.verdict(on: head, onto: baseHead, since: former, in: repository)
    }
    guard let verdict else { return nil }
    return try await settled(verdict, head: head, onto: baseHead, since: former)
  }

  private func layOut(
    _ report: ConflictReport, _ worktree: Worktree, onto baseHead: ObjectID, _ base: String,
    since former: ObjectID?
  ) async throws {
    if try await holdsStrangeRepository(worktree) {
      throw WorktreeError.refused(
        path: worktree.path,
        reason:
          "a repository in it is not the submodule's that belongs there, so that git is not run")
    }
    let place = git.at(worktree.path)
    let identity =
      Self.unsignedCommits + [
        "-c", "user.name=\(options.identity.name)", "-c", "user.email=\(options.identity.email)",
      ]
    guard report.commit != nil else {
      try await place.run(
        identity + [
          "-c", "merge.conflictStyle=merge", "merge", "--no-ff", "--no-edit", "--no-verify", "-m",
          "Merge branch '\(base)' into \(worktree.branch)", baseHead.hex,
        ], accepting: [1])
      return
    }
    do {
      try await code.run { repository throws(WorktreeError) in
        try ConflictHandOff.layOut(report, in: worktree, onto: baseHead)
      }
    } catch WorktreeError.needsGit {
      let words = Self.rebase(onto: baseHead, since: former)
      try await place.run(identity + words, accepting: [1])
    }
  }

  /// git's own rebase of the branch that is checked out.
  private static func rebase(onto baseHead: ObjectID, since former: ObjectID?) -> [String] {
    let words = ["-c", "core.editor=true", "rebase", "--quiet"]
    guard let former else { return words + [baseHead.hex] }
    return words + ["--onto", baseHead.hex, former.hex]
  }

  /// Takes back what was laid out half way: the branch's own files are there again.
  private func undoLayOut(_ task: TaskView, _ worktree: Worktree) async throws {
    try await keepSnapshot(of: task, worktree, why: "a conflict whose laying out was cut off")
    let place = git.at(worktree.path)
    try await place.run(["rebase", "--quit"], accepting: [1, 128])
    try await place.run(["symbolic-ref", "HEAD", "refs/heads/" + worktree.branch])
    try await place.run(["reset", "--quiet", "--hard"])
    try await place.run(["clean", "-fdq"])
  }

  /// Ends a rebase or merge in which every conflict was settled but the worker did not go on.
  ///
  /// Files that are still marked as in conflict are taken as settled if both sides had them and no
  /// marker is left; anything else is left for somebody who knows.
  func finishOperation(_ worktree: Worktree) async throws {
    let operation = try worktree.status().operation
    guard operation == .rebase || operation == .merge else { return }
    let place = git.at(worktree.path)
    let unmerged = try await place.run(["ls-files", "--unmerged", "-z"]).text
    var stages: [String: Set<String>] = [:]
    for line in unmerged.split(separator: "\0") {
      let halves = line.split(separator: "\t", maxSplits: 1)
      guard halves.count == 2, let stage = halves[0].split(separator: " ").last else { return }
      stages[String(halves[1]), default: []].insert(String(stage))
    }
    for (path, found) in stages {
      guard found.isSuperset(of: ["2", "3"]),
        let text = ProtocolFolder(path: worktree.path).read(path),
        ConflictMarkers.lines(in: Array(text.utf8)).isEmpty
      else { return }
    }
    if try await holdsStrangeRepository(worktree) { return }
    try await place.run(["add", "--all"])
    let quiet =
      Self.unsignedCommits + [
        "-c", "core.editor=true", "-c", "core.hooksPath=/dev/null",
        "-c", "user.name=\(options.identity.name)", "-c", "user.email=\(options.identity.email)",
      ]
    let isRebase = try await isInRebase(worktree)
    let step = isRebase ? ["rebase", "--continue"] : ["commit", "--quiet", "--no-edit"]
    try await place.run(quiet + step, accepting: [1])
  }

  private func isInRebase(_ worktree: Worktree) async throws -> Bool {
    try await git.at(worktree.path).run(
      ["rev-parse", "--verify", "--quiet", "REBASE_HEAD"], accepting: [1]
    ).exitCode == 0
  }

  /// The files that are marked as in conflict in a worktree, in the order of the index.
  func unmergedFiles(_ worktree: Worktree) async throws -> [String] {
    // `git diff` would look into submodules.
    let found = try await git.at(worktree.path).run(["ls-files", "--unmerged", "-z"])
    var files: [String] = []
    for line in found.text.split(separator: "\0") {
      guard let file = line.split(separator: "\t", maxSplits: 1).last.map(String.init),
        file != files.last
      else { continue }
      files.append(file)
    }
    return files
  }
}
