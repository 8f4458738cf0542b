internal import Git2
internal import GitCLI
internal import GitState
internal import JSON
internal import Workflow

/// Watching pull requests that people opened.
extension EffectRunner {
  /// Begins to watch: from then on the task is in review, as if a worker of its own had opened the pull request.
  func adopt(_ id: String) async throws {
    let task = try await task(id)
    guard let name = task.watches, task.status == .new else { return }
    guard let found = try await place.find(name) else {
      return try await decline(task, "there is no pull request \(name)")
    }
    var based = task
    based.base = found.base ?? task.base
    let base = try await baseBranch(of: based)
    if let reason = try await obstacle(to: found, base: base, task) {
      return try await decline(task, reason)
    }
    let (head, baseHead) = try await network.run {
      (try await self.fetchBranch(found.branch), try await self.fetchBranch(base))
    }
    let onto = try await code.run { repository throws(GitError) in
      try Self.beginning(of: head, on: baseHead, recorded: [], in: repository)
    }
    guard let onto else {
      return try await decline(
        task, "'\(found.branch)' has no commit in common with '\(base)'")
    }
    guard onto != head else {
      return try await decline(task, "'\(base)' has all commits of '\(found.branch)' already")
    }
    try await record(found, of: task, CommitPair(head: head.hex, base: onto.hex), base: base)
  }

  /// Why orch must not touch a pull request; nil if it may.
  private func obstacle(
    to found: FoundPullRequest, base: String, _ task: TaskView
  ) async throws -> String? {
    if let obstacle = found.obstacle { return obstacle }
    let branch = found.branch
    let others = try await tasks.all().values.filter {
      $0.id != task.id && !$0.status.isTerminal
    }
    if let own = others.first(where: { $0.branch == branch }) {
      return "task '\(own.id.prefix(6))' is at its branch '\(branch)' already"
    }
    let standard = try await git.defaultBranch(of: options.remote)
    let isBase =
      branch == base || branch == standard || branch == options.base
      || others.contains { $0.base == branch }
    if isBase {
      return "its branch '\(branch)' is one that others are merged into, and orch would rewrite it"
    }
    guard try await remoteHeads()[branch] != nil else {
      return "its branch '\(branch)' is not at '\(options.remote)'"
    }
    return nil
  }

  private func record(
    _ found: FoundPullRequest, of task: TaskView, _ pair: CommitPair, base: String
  ) async throws {
    let isUnchecked = place.runsChecks && options.checks.isEmpty
    let now = options.clock()
    let text = Self.text(of: found, base: base)
    try await tasks.record(task.id) { view in
      guard view.status == .new else { return TaskChange(.checkpointed) }
      var request = PullRequestView(id: found.id, head: pair.head, baseHead: pair.base)
      request.url = found.url
      request.seenReviews = Array(found.oldRemarks.suffix(PullRequestView.maximumSeenReviews))
      if isUnchecked {
        let passed = PullRequestEvent.checksPassed(pair)
        request = (try? PullRequestMachine.transition(request, on: passed, at: now)) ?? request
        request.isUnchecked = true
      }
      // Looks that were taken when it was watched before are older than this.
      request.revision = max(request.revision, (view.pullRequest?.revision ?? -1) + 1)
      var change = TaskChange(.pullRequestOpened)
      change.verb = "watched"
      change.detail = "'\(found.branch)' by \(found.author.isEmpty ? "a person" : found.author)"
      change.fields = request.fields(since: nil)
      change.fields.merge([
        "body": .string(text), "branch": .string(found.branch), "base": .string(base),
        "clean": .null, "purpose": .null,
      ]) { $1 }
      change.trailers = [.init("Orch-Code", pair.head), .init("Orch-Branch", found.branch)]
      return change
    }
  }

  /// What workers are told of it: data, since nobody of this repository need have written it.
  private static func text(of found: FoundPullRequest, base: String) -> String {
    let author = found.author.isEmpty ? "A person" : found.author
    let first = "\(author) opened this pull request of '\(found.branch)' into '\(base)'."
    let words = TextBound.prefix(found.text, bytes: TaskStore.maximumInlineBodyBytes / 2)
    return words.isEmpty ? first : first + "\n\n" + words
  }

  /// Ends a watch that cannot begin, and says why.
  private func decline(_ task: TaskView, _ reason: String) async throws {
    try await tasks.record(task.id) { view in
      guard view.status == .new else { return TaskChange(.checkpointed) }
      var change = TaskChange(.cancelled)
      change.verb = "not watched"
      change.reason = reason
      return change
    }
  }

  /// Takes over what a person has changed at the place: another base, or no watch any more.
  ///
  /// Returns true if the look speaks of what is no longer so.
  func follow(_ part: PlaceLook, of item: WatchedPullRequest) async throws -> Bool {
    guard case .open = part.state else { return false }
    if let base = part.baseBranch, base != item.base {
      try await tasks.record(item.task.id) { view in
        var change = TaskChange(.checkpointed)
        change.kind = "pr.retargeted"
        change.verb = "retargeted"
        change.detail = "to '\(base)'"
        change.fields["base"] = .string(base)
        return change
      }
      return true
    }
    return try await endIfUnlabelled(part, item.task)
  }

  /// Ends the watch of a pull request whose label was taken away; true if it did.
  private func endIfUnlabelled(_ part: PlaceLook, _ task: TaskView) async throws -> Bool {
    guard let name = task.watches, let label = task.issueLabel, let askedAt = task.issueAskedAt,
      !part.labels.contains(where: { $0.lowercased() == label.lowercased() }),
      // An old look that arrives late is no news.
      part.updatedAt > askedAt
    else { return false }
    if task.status == .inProgress { stopWorker(of: task) }
    try await tasks.record(task.id) { view in
      guard !view.status.isTerminal else { return TaskChange(.checkpointed) }
      var change = TaskChange(.cancelled)
      change.reason = "the label '\(label)' was taken from pull request \(name)"
      change.fields[Field.issueLeft] = .string(IssueLeave(seenAt: part.updatedAt).text)
      return change
    }
    return true
  }
}
