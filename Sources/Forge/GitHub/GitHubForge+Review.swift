internal import JSON

extension GitHubForge {
  /// How a review begins whose verdict GitHub does not count.
  private static let verdictInWords = "**Verdict: "

  /// Posts a review: a request to see whether it is there, and one; more where GitHub does not take it.
  public func review(
    _ number: Int, _ review: ReviewDraft
  ) async throws(ForgeError) -> PostedReview {
    if let found = try await ownReview(review.text, of: number) { return found }
    return try await client.once(
      find: { () throws(ForgeError) in try await ownReview(review.text, of: number) },
      create: { () throws(ForgeError) in try await post(review, of: number) })
  }

  /// Asks for another review: two requests.
  public func askForReview(of number: Int, by login: String) async throws(ForgeError) {
    let text = """
      query($owner: String!, $name: String!, $login: String!, $number: Int!) {
        repository(owner: $owner, name: $name) { pullRequest(number: $number) { id } }
        user(login: $login) { id }
      }
      """
    let call = "ask \(login) for another review of #\(number)"
    var variables = place
    variables["login"] = .string(login)
    variables["number"] = .number(number)
    let (data, _) = try await client.query(text, variables, call, .acting)
    guard let request = data.part("repository")?.part("pullRequest"),
      let user = data.part("user")?.optionalName("id")
    else { return }
    let mutation = """
      mutation($input: RequestReviewsInput!) {
        requestReviews(input: $input) { pullRequest { number } }
      }
      """
    do throws(ForgeError) {
      _ = try await client.mutate(
        mutation,
        [
          "pullRequestId": .string(try request.name("id")), "userIds": .texts([user]),
          "union": true,
        ], call)
    } catch {
      switch error {
      case .refused, .notFound, .notAllowed: return
      default: throw error
      }
    }
  }

  private func post(
    _ review: ReviewDraft, of number: Int
  ) async throws(ForgeError) -> PostedReview {
    var draft = review
    var isCounted = true
    var moved = 0
    while true {
      let answer = try await send(draft, isCounted: isCounted, original: review, to: number)
      if answer.status != 422 {
        let id = try AnswerReader(answer.json, "post a review").number("id")
        return PostedReview(id: id, isCounted: isCounted, wasThere: false, movedComments: moved)
      }
      if isCounted, draft.verdict != .comment, try await isOwn(number) {
        isCounted = false
        draft.verdict = .comment
      } else if !draft.comments.isEmpty {
        // A line outside the change: what was said of lines goes into the text.
        moved = draft.comments.count
        draft.comments = []
      } else {
        let detail = client.readable(answer.message, try await client.tokens.token())
        throw .refused(call: "post a review of #\(number)", detail: detail)
      }
    }
  }

  private func send(
    _ draft: ReviewDraft, isCounted: Bool, original: ReviewDraft, to number: Int
  ) async throws(ForgeError) -> GitHubAnswer {
    var text = draft.text
    if draft.comments.isEmpty, !original.comments.isEmpty {
      let lines = original.comments.map { "- `\($0.path):\($0.line)`: \($0.body)" }
      text = KeyedText(
        text.text + "\n\n" + lines.joined(separator: "\n"), key: text.key)
    }
    let words = original.verdict == .approve ? "approved" : "changes requested"
    let body = isCounted ? text.posted : text.posted(after: Self.verdictInWords + "\(words)**")
    let comments = draft.comments.map { comment -> JSONValue in
      [
        "path": .string(comment.path), "line": .number(comment.line), "side": "RIGHT",
        "body": .string(String(comment.body.prefix(ForgeLimits.postedCharacters))),
      ]
    }
    return try await client.change(
      "POST", path("pulls", "\(number)", "reviews"),
      [
        "commit_id": .string(draft.commit), "event": .string(draft.verdict.rawValue),
        "body": .string(body), "comments": .array(comments),
      ],
      "post a review of #\(number)", isRepeatable: false, isCreating: true, accepting: [422])
  }

  /// True if the token's account opened the pull request.
  private func isOwn(_ number: Int) async throws(ForgeError) -> Bool {
    let account = try await account()
    let (author, _) = try await client.get(
      client.address(path("pulls", "\(number)")), "look at pull request #\(number)", .acting
    ) { reader throws(ForgeError) in reader.part("user")?.optionalName("login") ?? "" }
    return author.lowercased() == account.lowercased()
  }

  /// The account's own review with the key.
  private func ownReview(
    _ text: KeyedText, of number: Int
  ) async throws(ForgeError) -> PostedReview? {
    let account = try await account()
    let url = client.address(path("pulls", "\(number)", "reviews"), ["per_page": "100"])
    let call = "read the reviews of #\(number)"
    let own = try await client.list(url, call, .acting, atMost: ForgeLimits.searchedComments) {
      reader throws(ForgeError) in OwnText(reader, of: account)
    }
    return own.elements.first { text.isIn($0.body) }.map {
      let isCounted = !$0.body.hasPrefix(Self.verdictInWords)
      return PostedReview(id: $0.id, isCounted: isCounted, wasThere: true, movedComments: 0)
    }
  }
}
