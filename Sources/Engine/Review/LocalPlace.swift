internal import Git2
internal import GitCLI
internal import Workflow
internal import Worktrees

/// Pull requests as records in the state, on any git remote: orch runs the checks and merges.
///
/// What is merged is seen in git itself: a head that the base contains.
struct LocalPlace: ReviewPlace {
  let git: GitProgram
  let code: RepositoryActor
  let remote: String
  /// Pushes references of a task by compare-and-swap.
  let push: @Sendable ([PushUpdate], _ task: String) async throws -> [String: PushOutcome]
  /// Signs a merge of a task's branch if commits are to be signed; what its parents have stays as it is.
  let sign: @Sendable (ObjectID, _ parents: [ObjectID], TaskView) async throws -> ObjectID
  /// orch's signature now.
  let signature: Signature

  var runsChecks: Bool { true }

  func survey(_ watched: [WatchedPullRequest]) async throws -> [String: PlaceLook] {
    try await code.run { repository throws in
      var looks: [String: PlaceLook] = [:]
      for item in watched {
        var look = PlaceLook()
        look.labels = Set(item.task.labels)
        if let base = item.baseHead, try isMerged(item, in: repository) {
          look.state = .merged(as: base)
        }
        looks[item.task.id] = look
      }
      return looks
    }
  }

  /// True if the base has the work: its own head, or each of its changes under other names.
  ///
  /// That the base contains what the branch points to now says nothing: whoever resets a branch to the base
  /// has merged nothing.
  private func isMerged(
    _ item: WatchedPullRequest, in repository: borrowing Repository
  ) throws -> Bool {
    guard !item.isUntouched, let view = item.view,
      let base = item.baseHead.flatMap({ ObjectID(hex: $0) }),
      let work = ObjectID(hex: view.head), let head = ObjectID(hex: item.branchHead ?? view.head),
      base.hex != view.targetBase || head != work || view.status == .merging
    else { return false }
    guard repository.contains(base), repository.contains(work) else { return false }
    if try repository.contains(work, inHistoryOf: base) { return true }
    guard head != work, repository.contains(head), try repository.contains(head, inHistoryOf: base)
    else { return false }
    let verdict = try InMemoryRebase.rebase(
      head: work, onto: base, committer: signature, in: repository)
    if case .clean(let left) = verdict { return left.head == base }
    return false
  }

  /// A branch is all that there is of it.
  func find(_ name: String) async throws -> FoundPullRequest? {
    FoundPullRequest(id: name, title: name, branch: name)
  }

  func publish(
    _ watched: WatchedPullRequest, text: PullRequestText
  ) async throws -> PublishedPullRequest {
    PublishedPullRequest(id: watched.view?.id ?? "L" + watched.task.id.prefix(6))
  }

  /// The server compares and swaps the base, so that nothing is merged that was not checked on it.
  func merge(
    _ watched: WatchedPullRequest, _ order: PlaceMerge
  ) async throws -> PlaceMergeAnswer {
    guard let head = ObjectID(hex: order.pair.head), let base = ObjectID(hex: order.pair.base)
    else { return .tooLate }
    let merged = try await commit(order, head: head, base: base, of: watched.task)
    let name = "refs/heads/" + watched.base
    let update = PushUpdate(merged.hex, to: name, expecting: .object(base.hex))
    let outcomes = try await push([update], watched.task.id)
    guard case .rejected(let text) = outcomes[name] else { return .merged(as: merged.hex) }
    let now = try await git.advertisedReferences(remote: remote, patterns: [name])[name]
    return now == base.hex ? .refused(text) : .tooLate
  }

  private func commit(
    _ order: PlaceMerge, head: ObjectID, base: ObjectID, of task: TaskView
  ) async throws -> ObjectID {
    if order.method == .rebase { return head }
    let parents = order.method == .merge ? [base, head] : [base]
    let merged = try await code.run { repository throws in
      let text = CommitText(
        tree: try repository.commit(head).tree, parents: parents, author: signature,
        committer: signature, message: order.message.title + "\n\n" + order.message.body + "\n")
      return try InMemoryMerge.commit(text, in: repository)
    }
    return try await sign(merged, parents, task)
  }

  /// Whatever is in doubt is run again with the next check.
  func rerun(
    _ checks: [FailedCheck], of watched: WatchedPullRequest
  ) async throws -> [FailedCheck] { checks }

  func ask(_ question: Question, about watched: WatchedPullRequest) async throws {}

  func close(_ watched: WatchedPullRequest) async throws -> IssueLeave? { nil }
}
