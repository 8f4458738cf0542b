internal import JSON

extension GitHubForge {
  /// Adds labels: one request.
  public func addLabels(_ names: [String], to number: Int) async throws(ForgeError) {
    guard !names.isEmpty else { return }
    _ = try await client.change(
      "POST", path("issues", "\(number)", "labels"), ["labels": .texts(names)],
      "label #\(number)")
  }

  /// Takes a label away: one request.
  public func removeLabel(_ name: String, from number: Int) async throws(ForgeError) {
    let parts = path("issues", "\(number)", "labels")
    let url = client.address(parts) + "/" + GitHubEndpoint.escape(name)
    _ = try await client.send(
      GitHubRequest(
        method: "DELETE", url: url, call: "take a label from #\(number)", purpose: .acting,
        isRepeatable: true, accepted: [404]))
  }

  /// Assigns somebody: one request, or two where it matters who is assigned already.
  ///
  /// GitHub passes over those who cannot be assigned, and keeps those who are.
  public func assign(
    _ login: String, to number: Int, ifNobodyIs: Bool
  ) async throws(ForgeError) {
    if ifNobodyIs {
      let url = client.address(path("issues", "\(number)"))
      let call = "see who #\(number) is assigned to"
      let assignees = try await client.get(url, call, .acting) { reader throws(ForgeError) in
        try IssueSummary(rest: reader).assignees
      }.value
      guard assignees.isEmpty else { return }
    }
    _ = try await client.change(
      "POST", path("issues", "\(number)", "assignees"), ["assignees": .texts([login])],
      "assign #\(number)")
  }

  /// An issue with its comments: two requests, of which the second only asks whether it was edited.
  public func issue(_ number: Int) async throws(ForgeError) -> Issue {
    let text = """
      query($owner: String!, $name: String!, $number: Int!) {
        repository(owner: $owner, name: $name) {
          issue(number: $number) {
            number title body url state createdAt updatedAt authorAssociation
            author { login }
            labels(first: \(ForgeLimits.labels)) { nodes { name } }
            assignees(first: 20) { nodes { login } }
            comments(last: \(ForgeLimits.comments)) { totalCount nodes { \(Selection.comment) } }
          }
        }
      }
      """
    let call = "read issue #\(number)"
    var variables = place
    variables["number"] = .number(number)
    let (data, errors) = try await client.query(text, variables, call, .acting)
    guard let reader = data.part("repository")?.part("issue") else {
      throw errors.first.map { $0.error(call, detail: $0.type) } ?? .notFound(call: call)
    }
    var summary = try IssueSummary(graphql: reader)
    summary.by.isEdited = try await isEdited(variables)
    return Issue(
      summary, body: reader.text("body"),
      comments: try reader.nodes("comments", Comment.init(conversation:)),
      isCut: reader.isCut("comments"))
  }

  /// Whether the issue's text was edited; nil where a GitHub does not know the field.
  private func isEdited(_ variables: [String: JSONValue]) async throws(ForgeError) -> Bool? {
    let text = """
      query($owner: String!, $name: String!, $number: Int!) {
        repository(owner: $owner, name: $name) {
          issue(number: $number) { includesCreatedEdit lastEditedAt }
        }
      }
      """
    do throws(ForgeError) {
      let (data, _) = try await client.query(text, variables, "see whether it is edited", .acting)
      guard let issue = data.part("repository")?.part("issue") else { return nil }
      return issue.flag("includesCreatedEdit") || issue.time("lastEditedAt") != nil
    } catch {
      guard case .invalidAnswer = error else { throw error }
      return nil
    }
  }

  /// Open issues and pull requests with these labels: a request for each hundred, free while none changed.
  public func items(labelled labels: [String]) async throws(ForgeError) -> [IssueSummary] {
    let url = client.address(
      path("issues"),
      ["state": "open", "labels": labels.joined(separator: ","), "per_page": "100"])
    let found = try await client.list(url, "list issues", .watching, atMost: ForgeLimits.issues) {
      reader throws(ForgeError) in
      var item = try IssueSummary(rest: reader)
      item.isPullRequest = reader.part("pull_request") != nil
      return item
    }
    return found.elements
  }

  /// What moved last: one request, free while nothing moved.
  public func activity() async throws(ForgeError) -> [RecentActivity] {
    let most = ForgeLimits.activities
    let url = client.address(
      path("issues"),
      ["state": "all", "sort": "updated", "direction": "desc", "per_page": "\(most)"])
    return try await client.get(url, "see what happened", .watching) { reader throws(ForgeError) in
      try reader.elements { issue throws(ForgeError) in try RecentActivity(rest: issue) }
    }.value
  }

  /// Closes an issue: one request.
  @discardableResult
  public func close(
    issue number: Int, as reason: IssueCloseReason
  ) async throws(ForgeError) -> RecentActivity {
    let call = "close issue #\(number)"
    let answer = try await client.change(
      "PATCH", path("issues", "\(number)"),
      ["state": "closed", "state_reason": .string(reason.rawValue)], call)
    return try RecentActivity(rest: AnswerReader(answer.json, call))
  }

  /// Makes a branch and registers it on the issue: two requests; one more if there is doubt.
  public func createBranch(
    _ name: String, at commit: String, for issue: Int
  ) async throws(ForgeError) -> LinkedBranch? {
    let call = "create a branch for issue #\(issue)"
    let (node, known) = try await linkedBranches(of: issue, call)
    if known[name] == commit { return LinkedBranch(name: name, issue: issue) }
    let mutation = """
      mutation($input: CreateLinkedBranchInput!) {
        createLinkedBranch(input: $input) { linkedBranch { ref { name } } }
      }
      """
    let find = { () async throws(ForgeError) -> LinkedBranch?? in
      let isThere = try await linkedBranches(of: issue, call).branches[name] == commit
      return isThere ? LinkedBranch(name: name, issue: issue) : nil
    }
    return try await client.once(
      find: find,
      create: { () async throws(ForgeError) -> LinkedBranch? in
        let data = try await client.mutate(
          mutation,
          ["issueId": .string(node), "oid": .string(commit), "name": .string(name)], call,
          isRepeatable: false)
        // GitHub answers null, and no error, if a branch of that name exists.
        let made = data.part("createLinkedBranch")?.part("linkedBranch")?.part("ref")
        return made.map { LinkedBranch(name: $0.optionalName("name") ?? name, issue: issue) }
      })
  }

  /// The issue's node, and the heads of the branches that are registered on it.
  private func linkedBranches(
    of issue: Int, _ call: String
  ) async throws(ForgeError) -> (node: String, branches: [String: String]) {
    let text = """
      query($owner: String!, $name: String!, $number: Int!) {
        repository(owner: $owner, name: $name) {
          issue(number: $number) {
            id linkedBranches(first: 50) { nodes { ref { name target { oid } } } }
          }
        }
      }
      """
    var variables = place
    variables["number"] = .number(issue)
    let (data, errors) = try await client.query(text, variables, call, .acting)
    guard let reader = data.part("repository")?.part("issue") else {
      throw errors.first.map { $0.error(call, detail: $0.type) } ?? .notFound(call: call)
    }
    var branches: [String: String] = [:]
    for ref in try reader.nodes("linkedBranches", { $0.part("ref") }) {
      branches[try ref.name("name")] = try ref["target"].commit("oid")
    }
    return (try reader.name("id"), branches)
  }
}

extension RecentActivity {
  /// Reads REST's `issue`.
  init(rest issue: AnswerReader) throws(ForgeError) {
    let summary = try IssueSummary(rest: issue)
    self.init(
      number: summary.number, title: summary.title, updatedAt: summary.updatedAt,
      closedAt: summary.isOpen ? nil : issue.time("closed_at") ?? summary.updatedAt,
      isPullRequest: issue.part("pull_request") != nil, labels: summary.labels)
  }
}

extension IssueSummary {
  /// Reads REST's `issue`.
  init(rest reader: AnswerReader) throws(ForgeError) {
    self.init(
      number: try reader.number("number"), title: try reader.name("title"),
      by: Authored(
        author: reader.part("user")?.optionalName("login") ?? "",
        association: reader.word("author_association", or: .none), isEdited: nil,
        createdAt: reader.time("created_at") ?? 0),
      isOpen: try reader.name("state") == "open",
      labels: try reader.elements("labels") { label throws(ForgeError) in
        label.json.string ?? label.optionalName("name")
      },
      assignees: (try? reader.elements("assignees") { $0.optionalName("login") }) ?? [],
      url: reader.optionalName("html_url") ?? "", updatedAt: reader.time("updated_at") ?? 0)
  }

  /// Reads GraphQL's `Issue`.
  init(graphql reader: AnswerReader) throws(ForgeError) {
    self.init(
      number: try reader.number("number"), title: try reader.name("title"),
      by: Authored(
        author: reader.part("author")?.optionalName("login") ?? "",
        association: reader.word("authorAssociation", or: .none), isEdited: nil,
        createdAt: reader.time("createdAt") ?? 0),
      isOpen: try reader.name("state") == "OPEN",
      labels: try reader.nodes("labels") { $0.optionalName("name") },
      assignees: try reader.nodes("assignees") { $0.optionalName("login") },
      url: reader.optionalName("url") ?? "", updatedAt: reader.time("updatedAt") ?? 0)
  }
}
