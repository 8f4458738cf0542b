internal import JSON

/// What of a pull request does not fit into the first answer: a request for each page.
extension GitHubForge {
  /// Reads checks behind the first hundred, reviews and threads before the newest fifty, and the rest of threads.
  func readRest(
    of reader: AnswerReader, into look: inout PullRequestLook, _ purpose: CallPurpose
  ) async throws(ForgeError) {
    try await readChecks(behind: reader, into: &look, purpose)
    let reviews = try await readEarlier(
      "reviews", of: reader, of: look.pullRequest.number, atMost: ForgeLimits.reviews, purpose,
      { Selection.reviews(before: $0) }, Review.init)
    look.reviews = reviews.elements + look.reviews
    let threads = try await readEarlier(
      "reviewThreads", of: reader, of: look.pullRequest.number, atMost: ForgeLimits.threads,
      purpose, { Selection.threads(before: $0) }, LongThread.init)
    let newest = try reader.nodes("reviewThreads", LongThread.init)
    var whole: [ReviewThread] = []
    for thread in threads.elements + newest {
      let (read, isCut) = try await complete(thread, purpose)
      whole.append(read)
      if isCut { look.hasUnread = true }
    }
    look.threads = whole
    if reviews.isCut || threads.isCut { look.hasUnread = true }
    if look.hasUnread { look.isCut = true }
  }

  private func readChecks(
    behind reader: AnswerReader, into look: inout PullRequestLook, _ purpose: CallPurpose
  ) async throws(ForgeError) {
    let number = look.pullRequest.number
    var page = try Self.contexts(reader)?.part("pageInfo")
    while let info = page, info.flag("hasNextPage"), let cursor = info.json["endCursor"]?.string,
      look.checks.count < ForgeLimits.checks
    {
      let more = try await part(
        Selection.checks(of: number, after: cursor), of: number, cursor, "read checks", purpose)
      let contexts = try Self.contexts(more)
      look.checks += try contexts?.elements("nodes", Check.init) ?? []
      page = contexts?.part("pageInfo")
    }
    if page?.flag("hasNextPage") ?? false { look.hasUnread = true }
  }

  /// The elements of a list before those that came with the first answer, oldest first; says whether there are more.
  private func readEarlier<Element>(
    _ name: String, of reader: AnswerReader, of number: Int, atMost maximum: Int,
    _ purpose: CallPurpose, _ selection: (String) -> String,
    _ decode: (AnswerReader) throws(ForgeError) -> Element?
  ) async throws(ForgeError) -> (elements: [Element], isCut: Bool) {
    var elements: [Element] = []
    var page = reader.part(name)?.part("pageInfo")
    while let info = page, info.flag("hasPreviousPage"),
      let cursor = info.json["startCursor"]?.string
    {
      if elements.count + Selection.page >= maximum { return (elements, true) }
      let more = try await part(
        selection(cursor), of: number, cursor, "read \(name) of #\(number)", purpose)
      elements = try more.nodes(name, decode) + elements
      page = more.part(name)?.part("pageInfo")
    }
    return (elements, false)
  }

  /// One part of one pull request.
  private func part(
    _ selection: String, of number: Int, _ cursor: String, _ call: String, _ purpose: CallPurpose
  ) async throws(ForgeError) -> AnswerReader {
    let text = """
      query($owner: String!, $name: String!, $cursor: String!) {
        repository(owner: $owner, name: $name) {
          pullRequest(number: \(number)) { \(selection) }
        }
      }
      """
    var variables = place
    variables["cursor"] = .string(cursor)
    let (data, _) = try await client.query(text, variables, call, purpose)
    return try data["repository"]["pullRequest"]
  }

  /// A thread with all of its comments; says whether there are more than are read.
  private func complete(
    _ thread: LongThread, _ purpose: CallPurpose
  ) async throws(ForgeError) -> (ReviewThread, isCut: Bool) {
    var whole = thread.thread
    var next = thread.next
    while let cursor = next {
      if whole.comments.count >= ForgeLimits.threadComments { return (whole, true) }
      let text = """
        query($id: ID!, $cursor: String!) {
          node(id: $id) {
            ... on PullRequestReviewThread { \(Selection.threadComments(first: 100, after: cursor)) }
          }
        }
        """
      let (data, _) = try await client.query(
        text, ["id": .string(whole.id.text), "cursor": .string(cursor)], "read a review thread",
        purpose)
      guard let node = data.part("node"), node.part("comments") != nil else { return (whole, true) }
      whole.comments += try node.nodes("comments", Comment.init(graphql:))
      next = LongThread.next(of: node)
    }
    return (whole, false)
  }
}

/// A review thread as far as it came with its pull request.
private struct LongThread: Sendable {
  let thread: ReviewThread
  /// Where its other comments begin; nil if there are none.
  let next: String?

  init(_ reader: AnswerReader) throws(ForgeError) {
    thread = try ReviewThread(graphql: reader)
    next = Self.next(of: reader)
  }

  static func next(of reader: AnswerReader) -> String? {
    guard let info = reader.part("comments")?.part("pageInfo"), info.flag("hasNextPage") else {
      return nil
    }
    return info.json["endCursor"]?.string
  }
}
