public import Git2

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension Worktree {
  /// Something that orch does to a worktree's files between two attempts and may be killed at.
  ///
  /// A note beside the worktree's index says so, so that what is half done is not taken for a worker's or
  /// a person's work.
  public enum Step: String, Sendable, Hashable, CaseIterable {
    /// The branch is moved onto another base; the note names the commits that it was moved to.
    case moving = "orch-move"
    /// The base is merged in, so that a worker can settle the conflict.
    case merging = "orch-merge"
    /// What work needs beside git's files was brought in; this note stays.
    case furnished = "orch-furnished"

    func file(in repository: borrowing Repository) -> String {
      repository.gitDirectory + "/" + rawValue
    }
  }

  /// Leaves the note of a step.
  public func beginStep(_ step: Step) throws(WorktreeError) {
    try translating { try FileText.append("", to: step.file(in: Repository(at: path))) }
  }

  /// True if the step was begun and never ended.
  public func isInStep(_ step: Step) throws(WorktreeError) -> Bool {
    try translating { access(step.file(in: try Repository(at: path)), F_OK) == 0 }
  }

  /// Takes the note of a step away.
  public func endStep(_ step: Step) throws(WorktreeError) {
    try translating { _ = unlink(step.file(in: try Repository(at: path))) }
  }

  /// Moves branch, index and files to a commit; refuses where uncommitted work would be lost.
  ///
  /// A move that was killed on its way is known by the note that it left. If what it left is of no
  /// commit, `keep` is given a commit of it before the files are overwritten.
  public func move(
    to commit: ObjectID, from expected: ObjectID, by signature: Signature,
    keep: (ObjectID) throws -> Void
  ) throws(WorktreeError) {
    try translating {
      let repository = try Repository(at: path)
      let note = Step.moving.file(in: repository)
      let cutOff = (FileText.read(note) ?? "").split(separator: "\n").compactMap {
        ObjectID(hex: String($0))
      }
      let status = try repository.status()
      if !status.isClean,
        try !(cutOff + [commit]).contains(where: { try isHalfMoved(to: $0, from: expected) })
      {
        guard !cutOff.isEmpty, !status.isInOperation else {
          throw WorktreeError.dirty(path: path, files: status.changedFiles)
        }
        try keep(snapshot(message: "orch: files of a move that was cut off\n", by: signature))
      }
      try FileText.append(commit.hex + "\n", to: note)
      try repository.checkOut(commit, overwriting: !status.isClean)
      try repository.setReference(
        "refs/heads/" + branch, to: commit, expecting: expected, log: "orch: moved base")
      unlink(note)
    }
  }

  /// True if all that differs from `old` is as `new` has it: a move that was killed on its way.
  private func isHalfMoved(to new: ObjectID, from old: ObjectID) throws -> Bool {
    let repository = try Repository(at: path)
    let oldTree = try repository.commit(old).tree
    let newTree = try repository.commit(new).tree
    let present = try repository.treeOfWorktree()
    return try repository.changedPaths(from: oldTree, to: present).allSatisfy { file in
      let parts = file.split(separator: "/").map { Array($0.utf8) }
      let found = try repository.entry(parts[...], in: present)
      return try found == repository.entry(parts[...], in: newTree)
    }
  }
}
