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
    /// Checks run, and leave what they leave.
    case checking = "orch-check"
    /// What work needs beside git's files was brought in; this note stays.
    case furnished = "orch-furnished"

    func file(in repository: borrowing Repository) -> String {
      repository.gitDirectory + "/" + rawValue
    }
  }

  /// The file beside a worktree's index that says by what its set-up was made.
  static let setupFile = "orch-setup"

  /// What the set-up was made by, for whoever wants to know whether it still holds; nil if there was none.
  public var setupStamp: String? {
    guard let repository = try? Repository(at: path) else { return nil }
    return FileText.read(repository.gitDirectory + "/" + Self.setupFile)
  }

  /// Notes what the set-up was made by.
  public func noteSetup(_ stamp: String) throws(WorktreeError) {
    try translating {
      try FileText.replace(Repository(at: path).gitDirectory + "/" + Self.setupFile, with: stamp)
    }
  }

  /// The processes that work in the folder or below it; none where /proc is missing.
  public var livingProcesses: [Int32] { LivingProcesses.ids(in: path) }

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
  /// Only files that differ are written. A move that was killed on its way is known by the note that it
  /// left. If what it left is of no commit, `keep` is given a commit of it before the files are
  /// overwritten. Throws `WorktreeError.needsGit` where a file that differs passes through a filter.
  public func move(
    to commit: ObjectID, from expected: ObjectID, by signature: Signature,
    keep: (ObjectID) throws -> Void
  ) throws(WorktreeError) {
    try translating {
      let plan = try prepareMove(to: commit, from: expected)
      if !plan.update.filtered.isEmpty {
        throw WorktreeError.needsGit(reason: "files pass through a filter, such as Git LFS")
      }
      if plan.isOfNoCommit {
        try keep(snapshot(message: Self.cutOffMessage, by: signature))
      }
      try finishMove(plan, to: commit, from: expected)
    }
  }

  /// Like the other `move`, with the git program for files that pass through a filter.
  public func move(
    to commit: ObjectID, from expected: ObjectID, by signature: Signature, git: GitRunner,
    keep: (ObjectID) throws -> Void
  ) async throws(WorktreeError) {
    let worktree = self
    let plan = try await blocking { () throws(WorktreeError) in
      try translating { try worktree.prepareMove(to: commit, from: expected) }
    }
    if plan.isOfNoCommit {
      let kept = try await snapshot(message: Self.cutOffMessage, by: signature, git: git)
      try translating { try keep(kept.commit) }
    }
    if !plan.update.filtered.isEmpty {
      // The reference moves last: until then the note tells a later call what is half done.
      try await blocking { () throws(WorktreeError) in
        try translating { try worktree.writeFiles(plan, of: commit) }
      }
      try await writeFiltered(plan.update.filteredInput, git)
      return try translating { try endMove(to: commit, from: expected) }
    }
    try await blocking { () throws(WorktreeError) in
      try translating { try worktree.finishMove(plan, to: commit, from: expected) }
    }
  }

  private static var cutOffMessage: String { "orch: files of a move that was cut off\n" }

  /// What a move has to write, and what it finds.
  private struct MovePlan: Sendable {
    let update: TreeUpdate
    /// True if a move that was killed left content that no commit has.
    let isOfNoCommit: Bool
  }

  private func prepareMove(to commit: ObjectID, from expected: ObjectID) throws -> MovePlan {
    let repository = try Repository(at: path)
    let note = FileText.read(Step.moving.file(in: repository)) ?? ""
    let cutOff = note.split(separator: "\n").compactMap { ObjectID(hex: String($0)) }
    let state = try WorktreeState(of: repository, storing: false)
    let changed = try state.changedPaths(from: repository.commit(expected).tree, in: repository)
    let settings = try ConversionSettings(repository)
    let target = try TreeListing(
      repository.commit(commit).tree, settings: settings, in: repository)
    try refuseUnseenEdits(state.index, target)
    var isOfNoCommit = false
    if !changed.isEmpty || repository.isInOperation {
      // Whatever differs may only be what an earlier move has done already.
      let isHalfMoved = try ([commit] + cutOff).contains { id in
        let files =
          try id == commit
          ? target.files
          : TreeListing(repository.commit(id).tree, settings: settings, in: repository).files
        return changed.allSatisfy { state.present($0) == files[$0] }
      }
      if !isHalfMoved || repository.isInOperation {
        if let operation = repository.operation {
          throw WorktreeError.unfinished(path: path, operation)
        }
        guard !cutOff.isEmpty else {
          throw WorktreeError.dirty(
            path: path, files: changed.map { String(decoding: $0, as: UTF8.self) })
        }
        isOfNoCommit = true
      }
    }
    return MovePlan(
      update: TreeUpdate(from: state, to: target, removingUntracked: true),
      isOfNoCommit: isOfNoCommit)
  }

  /// Throws for edited files that git was told to take for unchanged, where the target has another version: a scan
  /// does not look at them, and git refuses too.
  private func refuseUnseenEdits(
    _ index: IndexFile, _ target: TreeListing
  ) throws(WorktreeError) {
    let unseen = index.entries.filter { $0.flags.contains(.assumeUnchanged) }
    if unseen.isEmpty { return }
    let files = target.files
    let edited = unseen.filter { entry in
      let name = Array(index.path(entry))
      if files[name] == PresentFile(mode: entry.mode, id: entry.id) { return false }
      let place = path + "/" + String(decoding: name, as: UTF8.self)
      guard let now = FileInformation(path: place)?.stat else { return false }
      return now.size != entry.stat.size
        || now.modificationSeconds != entry.stat.modificationSeconds
        || now.modificationNanoseconds != entry.stat.modificationNanoseconds
    }
    guard !edited.isEmpty else { return }
    throw .dirty(path: path, files: edited.map { String(decoding: index.path($0), as: UTF8.self) })
  }

  private func finishMove(
    _ plan: MovePlan, to commit: ObjectID, from expected: ObjectID
  ) throws {
    try writeFiles(plan, of: commit)
    try endMove(to: commit, from: expected)
  }

  private func writeFiles(_ plan: MovePlan, of commit: ObjectID) throws {
    let repository = try Repository(at: path)
    try IndexFile.waitForLock(of: repository.gitDirectory + "/index")
    try FileText.append(commit.hex + "\n", to: Step.moving.file(in: repository))
    var update = plan.update
    try update.apply(to: path, in: repository)
    try update.index.write(to: repository.gitDirectory + "/index")
  }

  private func endMove(to commit: ObjectID, from expected: ObjectID) throws {
    let repository = try Repository(at: path)
    try repository.setReference(
      "refs/heads/" + branch, to: commit, expecting: expected, log: "orch: moved base")
    unlink(Step.moving.file(in: repository))
  }
}
