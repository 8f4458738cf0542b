import JSON

/// The fake's things as GraphQL objects, with the fields of GitHub's types that this project uses.
struct FakeGraph {
  let state: FakeState
  /// The checks of commits that belong to no pull request.
  let commitChecks: [String: [FakeState.CheckRun]]

  init(_ state: FakeState, commitChecks: [String: [FakeState.CheckRun]] = [:]) {
    self.state = state
    self.commitChecks = commitChecks
  }

  var repository: GraphQLNode {
    .object(
      "Repository",
      [
        "pullRequest": GraphQLField(["number"]) { arguments in
          guard let pull = state.pulls[arguments["number"]?.int ?? 0] else {
            throw GraphQLFailure(
              type: "NOT_FOUND", message: "Could not resolve to a PullRequest")
          }
          return self.pull(pull)
        },
        "pullRequests": GraphQLField(["states", "orderBy"]) { arguments in
          let states = (arguments["states"]?.array ?? []).compactMap(\.string)
          let pulls = state.pulls.values.filter { states.isEmpty || states.contains($0.state) }
          return .connection(pulls.sorted { $0.number < $1.number }.map(self.pull))
        },
        "object": GraphQLField(["oid"]) { arguments in
          let oid = arguments["oid"]?.string ?? ""
          let pull = state.pulls.values.first { $0.sha == oid }
          return self.commit(
            oid, checks: commitChecks[oid] ?? pull?.checks ?? [], statuses: pull?.statuses ?? [:])
        },
        "issueOrPullRequest": GraphQLField(["number"]) { arguments in
          let number = arguments["number"]?.int ?? 0
          if let issue = state.issues[number] { return self.issue(issue) }
          if let pull = state.pulls[number] { return self.pull(pull) }
          throw GraphQLFailure(
            type: "NOT_FOUND", message: "Could not resolve to an issue or pull request")
        },
        "issue": GraphQLField(["number"]) { arguments in
          guard let issue = state.issues[arguments["number"]?.int ?? 0] else {
            throw GraphQLFailure(type: "NOT_FOUND", message: "Could not resolve to an Issue")
          }
          return self.issue(issue)
        },
      ])
  }

  private func text(_ value: String?) -> GraphQLField { GraphQLField(.optional(value)) }
  private func flag(_ value: Bool) -> GraphQLField { GraphQLField(.bool(value)) }
  private func number(_ value: Int?) -> GraphQLField {
    GraphQLField(value.map(JSONValue.number) ?? .null)
  }

  private func commit(_ sha: String?) -> GraphQLField {
    sha.map { GraphQLField(.object("Commit", ["oid": text($0)])) } ?? GraphQLField(JSONValue.null)
  }

  private func author(_ login: String) -> GraphQLField {
    login.isEmpty
      ? GraphQLField(JSONValue.null) : GraphQLField(.object("User", ["login": text(login)]))
  }

  private func labels(_ names: [String]) -> GraphQLField {
    GraphQLField(.connection(names.map { .object("Label", ["name": text($0)]) }))
  }

  func pull(_ pull: FakeState.Pull) -> GraphQLNode {
    let base = state.branches[pull.base]
    var fields: [String: GraphQLField] = [
      "id": text("PR_\(pull.number)"), "number": number(pull.number), "title": text(pull.title),
      "body": text(pull.body), "url": text("https://github.example/pull/\(pull.number)"),
      "state": text(pull.state), "isDraft": flag(pull.isDraft), "locked": flag(pull.isLocked),
      "updatedAt": GraphQLField(FakeState.time(pull.updates)),
      "authorAssociation": text("MEMBER"), "author": author(pull.author),
      "headRefName": text(pull.head), "headRefOid": text(pull.sha),
      "headRef": state.branches[pull.head] == nil
        ? GraphQLField(JSONValue.null) : GraphQLField(.object("Ref", ["name": text(pull.head)])),
      "headRepository": headRepository(pull),
      "baseRefName": text(pull.base),
      "baseRef": base == nil
        ? GraphQLField(JSONValue.null) : GraphQLField(.object("Ref", ["target": commit(base)])),
      "mergeStateStatus": text(pull.mergeState), "reviewDecision": text(pull.decision),
      "isInMergeQueue": flag(pull.isQueued), "isMergeQueueEnabled": flag(pull.usesQueue),
      "mergeCommit": commit(pull.mergedAs), "labels": labels(pull.labels),
    ]
    fields["commits"] = GraphQLField(
      .connection([.object("PullRequestCommit", ["commit": GraphQLField(headCommit(pull))])]))
    fields["reviews"] = GraphQLField(.connection(pull.reviews.map(review)))
    fields["reviewThreads"] = GraphQLField(.connection(pull.threads.map(thread)))
    fields["comments"] = GraphQLField(.connection(pull.comments.map(comment)))
    return .object("PullRequest", fields)
  }

  private func headRepository(_ pull: FakeState.Pull) -> GraphQLField {
    let name = pull.headRepository ?? "\(state.owner)/\(state.name)"
    return name.isEmpty
      ? GraphQLField(JSONValue.null)
      : GraphQLField(.object("Repository", ["nameWithOwner": text(name)]))
  }

  private func headCommit(_ pull: FakeState.Pull) -> GraphQLNode {
    commit(pull.sha, checks: pull.checks, statuses: pull.statuses)
  }

  private func commit(
    _ sha: String, checks: [FakeState.CheckRun], statuses words: [String: String]
  ) -> GraphQLNode {
    let runs = checks.map { run($0) }
    let statuses = words.sorted { $0.key < $1.key }.map { status($0.key, $0.value) }
    let isPending =
      checks.contains { $0.status != "COMPLETED" } || words.values.contains("PENDING")
    let rollup = GraphQLNode.object(
      "StatusCheckRollup",
      [
        "state": text(isPending ? "PENDING" : "SUCCESS"),
        "contexts": GraphQLField(
          .connection(
            runs + statuses,
            extra: [
              "checkRunCountsByState": counts(checks.map { $0.conclusion ?? $0.status }),
              "statusContextCountsByState": counts(Array(words.values)),
            ])),
      ])
    let hasNone = runs.isEmpty && statuses.isEmpty
    return .object(
      "Commit",
      [
        "oid": text(sha),
        "statusCheckRollup": hasNone ? GraphQLField(JSONValue.null) : GraphQLField(rollup),
      ])
  }

  private func counts(_ words: [String]) -> GraphQLField {
    let sums = Dictionary(grouping: words) { $0 }.mapValues(\.count).sorted { $0.key < $1.key }
    return GraphQLField(
      .list(sums.map { .object("Count", ["state": text($0.key), "count": number($0.value)]) }))
  }

  private func run(_ check: FakeState.CheckRun) -> GraphQLNode {
    let workflow = GraphQLNode.object("Workflow", ["name": text("CI")])
    let run = GraphQLNode.object(
      "WorkflowRun", ["databaseId": number(check.workflowRun), "workflow": GraphQLField(workflow)])
    let suite = GraphQLNode.object(
      "CheckSuite",
      [
        "workflowRun": check.workflowRun == nil
          ? GraphQLField(JSONValue.null) : GraphQLField(run)
      ])
    return .object(
      "CheckRun",
      [
        "databaseId": number(check.id), "name": text(check.name), "status": text(check.status),
        "conclusion": text(check.conclusion), "startedAt": GraphQLField(FakeState.time(1)),
        "completedAt": GraphQLField(FakeState.time(2)),
        "detailsUrl": text("https://github.example/run/\(check.id)"), "title": text("A title"),
        "summary": text(nil), "isRequired": required(check.isRequired),
        "checkSuite": GraphQLField(suite),
      ])
  }

  private func required(_ isRequired: Bool) -> GraphQLField {
    GraphQLField(["pullRequestNumber"]) { arguments in
      // GitHub refuses the field without the pull request.
      guard arguments["pullRequestNumber"]?.int != nil else {
        throw GraphQLFailure(type: "argument", message: "pullRequestNumber is required")
      }
      return .leaf(.bool(isRequired))
    }
  }

  private func status(_ name: String, _ value: String) -> GraphQLNode {
    .object(
      "StatusContext",
      [
        "context": text(name), "state": text(value), "description": text("words"),
        "targetUrl": text(nil), "createdAt": GraphQLField(FakeState.time(1)),
        "isRequired": required(true),
      ])
  }

  func comment(_ comment: FakeState.Text) -> GraphQLNode {
    .object(
      "Comment",
      [
        "databaseId": number(comment.id), "body": text(comment.body),
        "url": text("https://github.example/comment/\(comment.id)"),
        "createdAt": GraphQLField(comment.createdAt),
        "updatedAt": GraphQLField(comment.updatedAt(isEdited: false)),
        "authorAssociation": text(comment.association),
        "includesCreatedEdit": flag(comment.isEdited), "isMinimized": flag(false),
        "author": author(comment.author),
        "viewerDidAuthor": flag(comment.author == state.account),
      ])
  }

  private func review(_ review: FakeState.Review) -> GraphQLNode {
    .object(
      "PullRequestReview",
      [
        "databaseId": number(review.text.id), "state": text(review.state),
        "body": text(review.text.body),
        "submittedAt": GraphQLField(review.text.at.map(FakeState.instant) ?? FakeState.time(3)),
        "createdAt": GraphQLField(review.text.at.map(FakeState.instant) ?? FakeState.time(2)),
        "authorAssociation": text(review.text.association),
        "includesCreatedEdit": flag(review.text.isEdited), "author": author(review.text.author),
        "viewerDidAuthor": flag(review.text.author == state.account),
        "commit": commit(review.commit ?? FakeState.sha(7)),
      ])
  }

  func thread(_ thread: FakeState.Thread) -> GraphQLNode {
    .object(
      "PullRequestReviewThread",
      [
        "id": text(thread.id), "isResolved": flag(thread.isResolved), "isOutdated": flag(false),
        "path": text(thread.path), "line": number(thread.line),
        "comments": GraphQLField(.connection(thread.comments.map(comment))),
      ])
  }

  func linkedBranch(_ name: String, _ sha: String) -> GraphQLNode {
    let ref = GraphQLNode.object("Ref", ["name": text(name), "target": commit(sha)])
    return .object("LinkedBranch", ["ref": GraphQLField(ref)])
  }

  private func issue(_ issue: FakeState.Issue) -> GraphQLNode {
    .object(
      "Issue",
      [
        "id": text("I_\(issue.number)"), "number": number(issue.number), "title": text(issue.title),
        "body": text(issue.body), "url": text("https://github.example/issues/\(issue.number)"),
        "state": text(issue.isOpen ? "OPEN" : "CLOSED"),
        "createdAt": GraphQLField(FakeState.time(1)), "updatedAt": GraphQLField(FakeState.time(2)),
        "authorAssociation": text(issue.text.association), "author": author(issue.text.author),
        "includesCreatedEdit": flag(issue.text.isEdited),
        "lastEditedAt": issue.text.isEdited
          ? GraphQLField(FakeState.time(3)) : GraphQLField(JSONValue.null),
        "labels": labels(issue.labels),
        "assignees": GraphQLField(
          .connection(issue.assignees.map { .object("User", ["login": text($0)]) })),
        "comments": GraphQLField(.connection(issue.comments.map(comment))),
        "linkedBranches": GraphQLField(
          .connection(
            issue.branches.sorted { $0.key < $1.key }.map { linkedBranch($0.key, $0.value) })),
      ])
  }
}
