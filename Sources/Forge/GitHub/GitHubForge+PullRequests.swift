internal import JSON

extension GitHubForge {
  /// The pull requests that match: a request for each hundred, free while none changed.
  public func pullRequests(
    _ filter: PullRequestFilter
  ) async throws(ForgeError) -> [PullRequest] {
    try await pullRequests(filter, .acting)
  }

  func pullRequests(
    _ filter: PullRequestFilter, _ purpose: CallPurpose
  ) async throws(ForgeError) -> [PullRequest] {
    // GitHub ignores a head without its owner, so the result is filtered once more.
    let head = filter.headBranch
    let qualified = head == nil ? "" : try await owner() + ":" + (head ?? "")
    let url = client.address(path("pulls"), Self.query(filter, head: qualified))
    let call = "list pull requests"
    let found = try await client.list(url, call, purpose, atMost: ForgeLimits.pullRequests) {
      reader throws(ForgeError) in
      let found = try PullRequest(rest: reader)
      let isIt =
        (head == nil || found.headBranch == head)
        && (filter.label.map(found.labels.contains) ?? true)
      return isIt ? found : nil
    }
    return found.elements
  }

  private static func query(_ filter: PullRequestFilter, head: String) -> QueryItems {
    switch (head.isEmpty, filter.baseBranch) {
    case (true, nil): ["state": filter.state.rawValue, "per_page": "100"]
    case (false, nil): ["state": filter.state.rawValue, "head": head, "per_page": "100"]
    case (true, let base?): ["state": filter.state.rawValue, "base": base, "per_page": "100"]
    case (false, let base?):
      ["state": filter.state.rawValue, "head": head, "base": base, "per_page": "100"]
    }
  }

  /// Opens a pull request: one request; if the answer is lost, or it is open already, one to find it.
  public func open(_ draft: PullRequestDraft) async throws(ForgeError) -> OpenedPullRequest {
    let filter = PullRequestFilter(
      .open, headBranch: draft.headBranch, baseBranch: draft.baseBranch)
    let body: JSONValue = [
      "title": .string(draft.title), "head": .string(draft.headBranch),
      "base": .string(draft.baseBranch), "draft": .bool(draft.isDraft),
      "body": .string(String(draft.body.prefix(ForgeLimits.postedCharacters))),
    ]
    let call = "open a pull request"
    let (opened, wasThere) = try await client.once(
      find: { () throws(ForgeError) in
        try await pullRequests(filter, .acting).first.map { ($0, true) }
      },
      create: { () throws(ForgeError) in
        let answer = try await client.change(
          "POST", path("pulls"), body, call, isRepeatable: false, isCreating: true,
          accepting: [422])
        if answer.status != 422 {
          return (try PullRequest(rest: AnswerReader(answer.json, call)), false)
        }
        // Perhaps it is open already: GitHub says so in words only.
        if let found = try await pullRequests(filter, .acting).first { return (found, true) }
        throw .refused(
          call: call, detail: client.readable(answer.message, try await client.tokens.token()))
      })
    return OpenedPullRequest(pullRequest: opened, wasThere: wasThere)
  }

  /// Changes title, text or base with one request, and the draft state with two.
  public func update(
    _ number: Int, _ edit: PullRequestEdit
  ) async throws(ForgeError) -> PullRequest {
    let members: [String: JSONValue?] = [
      "title": edit.title.map(JSONValue.string),
      "body": edit.body.map { .string(String($0.prefix(ForgeLimits.postedCharacters))) },
      "base": edit.baseBranch.map(JSONValue.string),
    ]
    if let isDraft = edit.isDraft { try await setDraft(isDraft, number) }
    let call = "change pull request #\(number)"
    let answer = try await client.change(
      "PATCH", path("pulls", "\(number)"), .compact(members), call)
    return try PullRequest(rest: AnswerReader(answer.json, call))
  }

  private func setDraft(_ isDraft: Bool, _ number: Int) async throws(ForgeError) {
    let state = try await mergeState(of: number, .acting)
    guard state.isDraft != isDraft else { return }
    let text =
      isDraft
      ? """
      mutation($input: ConvertPullRequestToDraftInput!) {
        convertPullRequestToDraft(input: $input) { pullRequest { isDraft } }
      }
      """
      : """
      mutation($input: MarkPullRequestReadyForReviewInput!) {
        markPullRequestReadyForReview(input: $input) { pullRequest { isDraft } }
      }
      """
    _ = try await client.mutate(
      text, ["pullRequestId": .string(state.node)], "change the draft state of #\(number)")
  }

  /// Closes it: one request.
  public func close(pullRequest number: Int) async throws(ForgeError) {
    _ = try await client.change(
      "PATCH", path("pulls", "\(number)"), ["state": "closed"], "close pull request #\(number)")
  }
}

extension PullRequest {
  /// Reads REST's `pull-request-simple` and `pull-request`.
  init(rest reader: AnswerReader) throws(ForgeError) {
    let head = try reader["head"]
    self.init(
      number: try reader.number("number"), title: try reader.name("title"),
      headBranch: try head.name("ref"), head: try head.commit("sha"),
      baseBranch: try reader["base"].name("ref"))
    body = reader.text("body")
    url = reader.optionalName("html_url") ?? ""
    let isMerged = reader.time("merged_at") != nil
    state = isMerged ? .merged : try reader.name("state") == "open" ? .open : .closed
    isDraft = reader.flag("draft")
    author = reader.part("user")?.optionalName("login") ?? ""
    association = reader.word("author_association", or: .none)
    headRepository = head.part("repo")?.optionalName("full_name")
    labels = try reader.elements("labels") { label throws(ForgeError) in label.optionalName("name")
    }
    labels = Array(labels.prefix(ForgeLimits.labels))
    updatedAt = reader.time("updated_at") ?? 0
  }
}

extension GitHubClient {
  /// Makes something that must not be made twice: if the answer is lost, it is looked for first.
  func once<Value>(
    find: () async throws(ForgeError) -> Value?, create: () async throws(ForgeError) -> Value
  ) async throws(ForgeError) -> Value {
    var tries = 1
    while true {
      do throws(ForgeError) {
        return try await create()
      } catch {
        guard error.mayHaveHappened, error != .cancelled else { throw error }
        try await pause(beforeTry: tries + 1)
        if let found = try await find() { return found }
        guard tries < Self.maximumTries else { throw error }
        tries += 1
      }
    }
  }
}
