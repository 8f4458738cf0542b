internal import JSON

extension GitHubForge {
  /// Looks at pull requests: one request for each twenty, more only for one with over 100 checks.
  public func look(
    at numbers: [Int], for purpose: CallPurpose
  ) async throws(ForgeError) -> [PullRequestLook] {
    var looks: [Int: PullRequestLook] = [:]
    var queue = stride(from: 0, to: numbers.count, by: Selection.batch).map {
      Array(numbers[$0..<min($0 + Selection.batch, numbers.count)])
    }
    while !queue.isEmpty {
      let batch = queue.removeFirst()
      do throws(ForgeError) {
        for look in try await read(batch, purpose) { looks[look.pullRequest.number] = look }
      } catch {
        // GitHub gives up on queries that take it too long: halves are asked for instead.
        guard case .serverFault = error, batch.count > 1 else { throw error }
        let half = batch.count / 2
        queue = [Array(batch[..<half]), Array(batch[half...])] + queue
      }
    }
    return numbers.compactMap { looks[$0] }
  }

  private func read(
    _ numbers: [Int], _ purpose: CallPurpose
  ) async throws(ForgeError) -> [PullRequestLook] {
    let parts = numbers.map { "p\($0): pullRequest(number: \($0)) { \(Selection.look($0)) }" }
    let text = """
      query($owner: String!, $name: String!) {
        repository(owner: $owner, name: $name) { \(parts.joined(separator: "\n")) }
      }
      """
    let call = "look at pull requests"
    let (data, errors) = try await client.query(text, place, call, purpose)
    guard let repository = data.part("repository") else {
      throw errors.first.map { $0.error(call, detail: $0.type) } ?? .notFound(call: call)
    }
    var looks: [PullRequestLook] = []
    for number in numbers {
      guard let reader = repository.part("p\(number)") else {
        // Null without an error, or not found: it does not exist for this token.
        let error = errors.first { $0.field == "p\(number)" }
        guard let error, error.type != "NOT_FOUND" else { continue }
        throw error.error(call, detail: error.type)
      }
      var look = try PullRequestLook(graphql: reader)
      try await readRest(of: reader, into: &look, purpose)
      looks.append(look)
    }
    return looks
  }

  /// The checks of a pull request's head; nil if there are none.
  static func contexts(_ reader: AnswerReader) throws(ForgeError) -> AnswerReader? {
    try reader.nodes("commits") { $0.part("commit") }.last?.part("statusCheckRollup")?
      .part("contexts")
  }
}

extension PullRequestLook {
  /// Reads GraphQL's `PullRequest`.
  init(graphql reader: AnswerReader) throws(ForgeError) {
    self.init(try PullRequest(graphql: reader))
    baseHead = try reader.part("baseRef")?.part("target")?.commit("oid")
    isHeadGone = reader.part("headRef") == nil
    isLocked = reader.flag("locked")
    mergeability = reader.word("mergeStateStatus", or: .unknown)
    decision = reader.optionalName("reviewDecision").flatMap(ReviewDecision.init(rawValue:))
    isQueued = reader.flag("isInMergeQueue")
    mergedAs = try reader.part("mergeCommit")?.commit("oid")
    checks = try GitHubForge.contexts(reader)?.elements("nodes", Check.init) ?? []
    reviews = try reader.nodes("reviews", Review.init)
    threads = try reader.nodes("reviewThreads", ReviewThread.init)
    comments = try reader.nodes("comments", Comment.init(conversation:))
    isCut = ["labels", "comments"].contains(where: reader.isCut)
  }
}

extension PullRequest {
  /// Reads GraphQL's `PullRequest`.
  init(graphql reader: AnswerReader) throws(ForgeError) {
    self.init(
      number: try reader.number("number"), title: try reader.name("title"),
      headBranch: try reader.name("headRefName"), head: try reader.commit("headRefOid"),
      baseBranch: try reader.name("baseRefName"))
    body = reader.text("body")
    url = reader.optionalName("url") ?? ""
    state = State(rawValue: try reader.name("state").lowercased()) ?? .open
    isDraft = reader.flag("isDraft")
    author = reader.part("author")?.optionalName("login") ?? ""
    association = reader.word("authorAssociation", or: .none)
    headRepository = reader.part("headRepository")?.optionalName("nameWithOwner")
    labels = try reader.nodes("labels") { $0.optionalName("name") }
    updatedAt = reader.time("updatedAt") ?? 0
  }
}

extension Check {
  /// Reads GraphQL's `CheckRun` and `StatusContext`; nil for kinds that are not known.
  init?(graphql reader: AnswerReader) throws(ForgeError) {
    switch reader.json["__typename"]?.string {
    case "CheckRun": try self.init(run: reader)
    case "StatusContext": try self.init(status: reader)
    default: return nil
    }
    isRequired = reader.flag("isRequired")
  }

  private init(run reader: AnswerReader) throws(ForgeError) {
    self.init(name: try reader.name("name"))
    let words = try reader.name("status")
    conclusion = reader.optionalName("conclusion").map { Conclusion(rawValue: $0) ?? .failure }
    status = words == "COMPLETED" ? .completed : words == "IN_PROGRESS" ? .running : .queued
    detailsURL = reader.optionalName("detailsUrl")
    details = ForgeLimits.cut(
      [reader.text("title"), reader.text("summary")].filter { !$0.isEmpty }
        .joined(separator: "\n\n"), to: ForgeLimits.textBytes)
    runID = reader.optionalNumber("databaseId")
    let run = reader.part("checkSuite")?.part("workflowRun")
    workflowRunID = run?.optionalNumber("databaseId")
    workflow = run?.part("workflow")?.optionalName("name")
    startedAt = reader.time("startedAt")
    completedAt = reader.time("completedAt")
  }

  private init(status reader: AnswerReader) throws(ForgeError) {
    self.init(name: try reader.name("context"))
    switch try reader.name("state") {
    case "SUCCESS": conclusion = .success
    case "FAILURE", "ERROR": conclusion = .failure
    default: conclusion = nil
    }
    status = conclusion == nil ? .running : .completed
    detailsURL = reader.optionalName("targetUrl")
    details = reader.text("description")
    startedAt = reader.time("createdAt")
  }
}
