internal import Engine
internal import Git2
internal import GitState
internal import Settings
internal import Workflow

extension HookRun {
  /// One line of what git tells `post-receive`.
  private struct Update {
    let old: ObjectID?
    let new: ObjectID?
    let reference: String

    init?(_ line: Substring) {
      let words = line.split(separator: " ", maxSplits: 2)
      guard words.count == 3, let old = ObjectID(hex: String(words[0])),
        let new = ObjectID(hex: String(words[1]))
      else { return nil }
      self.old = old == .zero ? nil : old
      self.new = new == .zero ? nil : new
      reference = String(words[2])
    }
  }

  /// On a server: what pushed commits ask for, and what was filed in the inbox, becomes tasks.
  func afterReceive() async throws {
    let updates = TextFile.input(limit: Self.maximumInputBytes).split(separator: "\n")
      .compactMap { Update($0) }
    let branches = updates.filter { $0.reference.hasPrefix("refs/heads/") && $0.new != nil }
    let hasInbox = updates.contains { $0.reference.hasPrefix(RefLayout.inbox) && $0.new != nil }
    let asks = try asks(of: branches)
    if hasInbox {
      let session = try openSession()
      let look = try await Inbox.takeOwn(
        try await session.tasks(), git: session.git, now: Session.clock())
      for item in look.refused { note("'\(item.reference)' is left: \(item.reason)") }
    }
    try await record(asks)
  }

  /// What the commits ask for that the repository did not have before.
  private func asks(of branches: [Update]) throws -> [Ask] {
    guard !branches.isEmpty else { return [] }
    let repository = try Repository(at: folder)
    let changed = Set(branches.map(\.reference))
    let known =
      branches.compactMap(\.old)
      + (try repository.references(prefix: "refs/heads/").filter { !changed.contains($0.key) }
        .values)
    var seen: Set<ObjectID> = []
    var asks: [Ask] = []
    for branch in branches {
      guard let head = branch.new, seen.count < Self.maximumCommits else { continue }
      let others = known.filter { repository.contains($0) }
      let commits = try repository.commits(notIn: others, to: head, limit: 100_000)
      if commits.count > Self.maximumCommits {
        note(
          "'\(branch.reference)': only the last \(Self.maximumCommits) new commits are looked at")
      }
      for id in commits.suffix(Self.maximumCommits) where seen.insert(id).inserted {
        asks += try CommitScan(source: .push).asks(of: id, in: repository)
      }
    }
    return asks
  }
}
