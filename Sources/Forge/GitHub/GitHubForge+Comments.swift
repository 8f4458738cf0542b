internal import JSON

extension GitHubForge {
  /// Writes or edits a comment: a request for each hundred comments (free while none is new), and one.
  public func putComment(
    _ text: KeyedText, on number: Int
  ) async throws(ForgeError) -> PostedText {
    let call = "comment on #\(number)"
    if let found = try await comment(text, on: number) { return found }
    return try await client.once(
      find: { () throws(ForgeError) in try await comment(text, on: number) },
      create: { () throws(ForgeError) in
        let answer = try await client.change(
          "POST", path("issues", "\(number)", "comments"), ["body": .string(text.posted)], call,
          isRepeatable: false, isCreating: true)
        return try posted(AnswerReader(answer.json, call), .created)
      })
  }

  /// The comments: a request for each hundred, free while none is new.
  public func comments(on number: Int) async throws(ForgeError) -> [Comment] {
    let url = client.address(path("issues", "\(number)", "comments"), ["per_page": "100"])
    let call = "read the comments of #\(number)"
    return try await client.list(url, call, .watching, atMost: ForgeLimits.searchedComments) {
      reader throws(ForgeError) in
      try Comment(rest: reader)
    }.elements
  }

  /// The account's own comment with the key, brought up to date; nil if there is none.
  private func comment(
    _ text: KeyedText, on number: Int
  ) async throws(ForgeError) -> PostedText? {
    let account = try await account()
    let url = client.address(path("issues", "\(number)", "comments"), ["per_page": "100"])
    let call = "read the comments of #\(number)"
    let own = try await client.list(url, call, .acting, atMost: ForgeLimits.searchedComments) {
      reader throws(ForgeError) in
      OwnText(reader, of: account)
    }
    guard let found = own.elements.first(where: { text.isIn($0.body) }) else {
      return nil
    }
    if Self.isSame(found.body, text.posted) {
      return PostedText(id: found.id, url: found.url, change: .unchanged)
    }
    let answer = try await client.change(
      "PATCH", path("issues", "comments", "\(found.id)"), ["body": .string(text.posted)],
      "edit a comment on #\(number)")
    return try posted(AnswerReader(answer.json, call), .edited)
  }

  private func posted(
    _ reader: AnswerReader, _ change: PostedText.Change
  ) throws(ForgeError) -> PostedText {
    PostedText(
      id: try reader.number("id"), url: reader.optionalName("html_url") ?? "", change: change)
  }

  /// True if two texts differ in line ends only, which forges rewrite.
  static func isSame(_ one: String, _ other: String) -> Bool {
    one.split(whereSeparator: \.isNewline).elementsEqual(other.split(whereSeparator: \.isNewline))
  }

  /// Answers in a thread: a request to see whether it was answered, and one.
  public func reply(
    _ text: KeyedText, to thread: ReviewThread.ID, of number: Int
  ) async throws(ForgeError) -> PostedText {
    let mutation = """
      mutation($input: AddPullRequestReviewThreadReplyInput!) {
        addPullRequestReviewThreadReply(input: $input) { comment { databaseId url } }
      }
      """
    let call = "answer a review of #\(number)"
    if let found = try await reply(text, in: thread) { return found }
    return try await client.once(
      find: { () throws(ForgeError) in try await reply(text, in: thread) },
      create: { () throws(ForgeError) in
        let data = try await client.mutate(
          mutation,
          ["pullRequestReviewThreadId": .string(thread.text), "body": .string(text.posted)], call,
          isRepeatable: false, isCreating: true)
        let comment = try data["addPullRequestReviewThreadReply"]["comment"]
        return PostedText(
          id: try comment.number("databaseId"), url: comment.optionalName("url") ?? "",
          change: .created)
      })
  }

  private func reply(
    _ text: KeyedText, in thread: ReviewThread.ID
  ) async throws(ForgeError) -> PostedText? {
    let query = """
      query($id: ID!) {
        node(id: $id) {
          ... on PullRequestReviewThread {
            comments(last: 50) { nodes { databaseId url body viewerDidAuthor } }
          }
        }
      }
      """
    let call = "read a review thread"
    let (data, _) = try await client.query(query, ["id": .string(thread.text)], call, .acting)
    guard let node = data.part("node"), node.part("comments") != nil else {
      throw .notFound(call: call)
    }
    return try node.nodes("comments") { comment throws(ForgeError) -> PostedText? in
      guard comment.flag("viewerDidAuthor"), text.isIn(comment.text("body")) else { return nil }
      return PostedText(
        id: try comment.number("databaseId"), url: comment.optionalName("url") ?? "",
        change: .unchanged)
    }.first
  }

  /// Resolves a thread or opens it again: one request.
  public func setResolved(
    _ isResolved: Bool, thread: ReviewThread.ID
  ) async throws(ForgeError) {
    let text =
      isResolved
      ? """
      mutation($input: ResolveReviewThreadInput!) {
        resolveReviewThread(input: $input) { thread { isResolved } }
      }
      """
      : """
      mutation($input: UnresolveReviewThreadInput!) {
        unresolveReviewThread(input: $input) { thread { isResolved } }
      }
      """
    _ = try await client.mutate(
      text, ["threadId": .string(thread.text)], "settle a review thread")
  }
}

/// A comment or review of the token's own account.
struct OwnText: Sendable {
  let id: Int
  let url: String
  let body: String

  /// Nil if somebody else wrote it.
  init?(_ reader: AnswerReader, of account: String) {
    guard let id = reader.optionalNumber("id"),
      reader.part("user")?.optionalName("login")?.lowercased() == account.lowercased()
    else { return nil }
    self.id = id
    body = reader.json["body"]?.string ?? ""
    url = reader.optionalName("html_url") ?? ""
  }
}

extension Comment {
  /// Reads REST's `issue-comment`: one whose time of change differs was edited.
  init(rest reader: AnswerReader) throws(ForgeError) {
    let (created, updated) = (reader.time("created_at"), reader.time("updated_at"))
    self.init(
      id: try reader.number("id"),
      by: Authored(
        author: reader.part("user")?.optionalName("login") ?? "",
        association: reader.word("author_association", or: .none),
        isEdited: created == nil || created != updated, createdAt: created ?? 0),
      body: reader.text("body"), url: reader.optionalName("html_url") ?? "")
  }
}
