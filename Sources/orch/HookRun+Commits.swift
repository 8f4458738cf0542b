internal import Agents
internal import Engine
internal import Git2
internal import GitState
internal import Workflow

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

extension HookRun {
  /// A new commit: what it asks for becomes tasks.
  func afterCommit() async throws {
    guard !isWorker else { return }
    let repository = try Repository(at: folder)
    // A rebase calls for each commit; they are looked at together when it has ended.
    let isRebasing = access(repository.gitDirectory + "/rebase-merge", F_OK) == 0
    guard !isRebasing, let head = try repository.reference("HEAD") else { return }
    try await record(CommitScan(source: .commit).asks(of: head, in: repository))
  }

  /// Rewritten commits: what the new ones ask for becomes tasks, unless it has before.
  func afterRewrite() async throws {
    let lines = TextFile.input(limit: Self.maximumInputBytes).split(separator: "\n")
    ring(.look)
    guard !isWorker, arguments.first == "rebase" else { return }
    var rest = Set(
      lines.compactMap { $0.split(separator: " ").dropFirst().first }
        .compactMap { ObjectID(hex: String($0)) })
    let repository = try Repository(at: folder)
    var next = try repository.reference("HEAD")
    var asks: [Ask] = []
    // From the tip down to the last rewritten one, so that commits made by hand in between are seen too.
    for number in 0... {
      guard !rest.isEmpty, let id = next else { break }
      guard number < Self.maximumCommits else {
        note("only the last \(Self.maximumCommits) commits of the rebase are looked at")
        break
      }
      rest.remove(id)
      asks = try CommitScan(source: .commit).asks(of: id, in: repository) + asks
      next = try repository.commit(id).parents.first
    }
    try await record(asks)
  }

  /// A merge that git finished by itself, which it calls no `post-commit` for: what the new commit asks for becomes tasks.
  ///
  /// A merge that only moved the branch on made no commit: what it brought is its authors' to ask for.
  func afterMerge() async throws {
    ring(.look)
    guard !isWorker, arguments.first == "0" else { return }
    let repository = try Repository(at: folder)
    guard let head = try repository.reference("HEAD"),
      try repository.commit(head).parents.count > 1, madeLastMerge(repository.gitDirectory)
    else { return }
    try await record(CommitScan(source: .commit).asks(of: head, in: repository))
  }

  /// Whether the last move of HEAD was by a merge that made a commit, as git notes in HEAD's log.
  private func madeLastMerge(_ gitDirectory: String) -> Bool {
    guard let line = FileTail.lastLine(of: gitDirectory + "/logs/HEAD"),
      let words = line.split(separator: "\t", maxSplits: 1).last
    else { return false }
    return words.contains(": Merge made by")
  }

  /// A patch that git applied from a mail, whose text is from outside: whoever sent it wrote it.
  func afterPatch() async throws {
    guard !isWorker else { return }
    let repository = try Repository(at: folder)
    // A rebase by patches calls for each; they are looked at together when it has ended.
    let isRebasing = access(repository.gitDirectory + "/rebase-apply/rebasing", F_OK) == 0
    guard !isRebasing, let head = try repository.reference("HEAD") else { return }
    try await record(CommitScan(source: .push).asks(of: head, in: repository))
  }
}
