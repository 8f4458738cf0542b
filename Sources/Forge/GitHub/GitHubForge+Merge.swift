internal import JSON

/// What merging depends on, asked for in one request.
struct MergeState: Sendable {
  var node: String
  var head: String
  var isMerged: Bool
  var isOpen: Bool
  var isDraft: Bool
  var usesQueue: Bool
  var isQueued: Bool
  var mergedAs: String?
}

extension GitHubForge {
  /// Merges: one request; one more to learn why if GitHub refuses or its answer is lost.
  public func merge(_ number: Int, _ order: MergeOrder) async throws(ForgeError) -> MergeOutcome {
    let call = "merge pull request #\(number)"
    let body = JSONValue.compact([
      "sha": .string(order.expectedHead), "merge_method": .string(order.method.rawValue),
      "commit_title": order.title.map(JSONValue.string),
      "commit_message": order.message.map(JSONValue.string),
    ])
    return try await client.once(
      find: { () throws(ForgeError) in
        let state = try await mergeState(of: number, .merging)
        return state.isOpen && !state.isQueued ? nil : outcome(state, order, "")
      },
      create: { () throws(ForgeError) in
        let answer = try await client.change(
          "PUT", path("pulls", "\(number)", "merge"), body, call, .merging, isRepeatable: false,
          accepting: [405, 409, 422])
        if answer.status == 200 {
          return .merged(commit: try AnswerReader(answer.json, call).commit("sha"))
        }
        let detail = client.readable(answer.message, try await client.tokens.token())
        let state = try await mergeState(of: number, .merging)
        let isForQueue = state.isOpen && state.head == order.expectedHead && state.usesQueue
        guard isForQueue, !state.isQueued else { return outcome(state, order, detail) }
        return try await enqueue(state, order)
      })
  }

  private func outcome(
    _ state: MergeState, _ order: MergeOrder, _ detail: String
  ) -> MergeOutcome {
    if state.isMerged, let commit = state.mergedAs { return .merged(commit: commit) }
    if !state.isOpen { return .closed }
    if state.head != order.expectedHead { return .headMoved }
    return state.isQueued ? .queued : .refused(detail)
  }

  private func enqueue(
    _ state: MergeState, _ order: MergeOrder
  ) async throws(ForgeError) -> MergeOutcome {
    let text = """
      mutation($input: EnqueuePullRequestInput!) {
        enqueuePullRequest(input: $input) { mergeQueueEntry { position } }
      }
      """
    do throws(ForgeError) {
      _ = try await client.mutate(
        text,
        ["pullRequestId": .string(state.node), "expectedHeadOid": .string(order.expectedHead)],
        "put the pull request into the merge queue", .merging)
      return .queued
    } catch {
      guard case .refused(_, let detail) = error else { throw error }
      return .refused(detail)
    }
  }

  /// What merging depends on: one request.
  func mergeState(
    of number: Int, _ purpose: CallPurpose
  ) async throws(ForgeError) -> MergeState {
    let text = """
      query($owner: String!, $name: String!, $number: Int!) {
        repository(owner: $owner, name: $name) {
          pullRequest(number: $number) {
            id state isDraft headRefOid isMergeQueueEnabled isInMergeQueue mergeCommit { oid }
          }
        }
      }
      """
    let call = "look at pull request #\(number)"
    var variables = place
    variables["number"] = .number(number)
    let (data, errors) = try await client.query(text, variables, call, purpose)
    guard let request = data.part("repository")?.part("pullRequest") else {
      throw errors.first.map { $0.error(call, detail: $0.type) } ?? .notFound(call: call)
    }
    let state = try request.name("state")
    return MergeState(
      node: try request.name("id"), head: try request.commit("headRefOid"),
      isMerged: state == "MERGED", isOpen: state == "OPEN", isDraft: request.flag("isDraft"),
      usesQueue: request.flag("isMergeQueueEnabled"), isQueued: request.flag("isInMergeQueue"),
      mergedAs: try request.part("mergeCommit")?.commit("oid"))
  }

  /// Deletes a branch: two requests, because GitHub has no compare-and-swap for it; `git push` has.
  public func deleteBranch(
    _ name: String, at head: String
  ) async throws(ForgeError) -> BranchDeletion {
    let call = "delete the branch '\(ForgeLimits.cut(name, to: ForgeLimits.detailBytes))'"
    let read = GitHubRequest(
      url: client.address(path("git", "ref", "heads", name)), call: call, purpose: .acting,
      isRepeatable: true, accepted: [404])
    let found = try await client.send(read)
    guard found.status == 200 else { return .wasGone }
    let current = try AnswerReader(found.json, call)["object"].commit("sha")
    guard current == head else { return .moved(to: current) }
    let answer = try await client.change(
      "DELETE", path("git", "refs", "heads", name), nil, call, accepting: [404, 422])
    return answer.status == 204 ? .deleted : .wasGone
  }
}
