import JSON

extension FakeCall {
  /// Answers a GraphQL request; what its types do not know is a problem of the client.
  mutating func graphql() -> FakeReply {
    let text = body?["query"]?.string ?? ""
    let document: GraphQLDocument
    do {
      document = try GraphQLDocument(text, variables: body?["variables"]?.members ?? [:])
    } catch {
      note("GraphQL: \(error)")
      return FakeReply(400, [], headers: limits)
    }
    var run = GraphQLRun()
    var data = JSONValue.null
    if document.isMutation {
      data = mutate(document, &run)
    } else {
      data = run.select(.object("Query", queryFields(document)), document.selections, [])
    }
    for problem in run.unknown { note("GraphQL: \(problem)") }
    var answer: [String: JSONValue] = ["data": data]
    if !run.errors.isEmpty { answer["errors"] = .array(run.errors) }
    if !run.unknown.isEmpty {
      answer = [
        "errors": .array(run.unknown.map { ["type": "undefinedField", "message": .string($0)] })
      ]
    }
    return FakeReply(200, JSONValue.object(answer).canonicalBytes, headers: limits)
  }

  private mutating func queryFields(_ document: GraphQLDocument) -> [String: GraphQLField] {
    if let oid = document.variables["oid"]?.string { _ = world.checks(of: oid) }
    let state = world.state
    let checks = world.commitChecks
    let names = state.oldNames.union([fullName])
    return [
      "viewer": GraphQLField(.object("User", ["login": GraphQLField(.string(state.account))])),
      "repository": GraphQLField(["owner", "name"]) { arguments in
        let name = "\(arguments["owner"]?.string ?? "")/\(arguments["name"]?.string ?? "")"
        guard names.contains(name) else {
          throw GraphQLFailure(
            type: "NOT_FOUND", message: "Could not resolve to a Repository with the name '\(name)'."
          )
        }
        return FakeGraph(state, commitChecks: checks).repository
      },
      "repositoryOwner": GraphQLField(["login"]) { arguments in
        guard arguments["login"]?.string == state.owner, let board = state.board else {
          return .leaf(.null)
        }
        return board.node(state.owner)
      },
      "user": GraphQLField(["login"]) { arguments in
        let id = "U_" + (arguments["login"]?.string ?? "")
        return .object("User", ["id": GraphQLField(.string(id))])
      },
      "node": GraphQLField(["id"]) { arguments in
        let id = arguments["id"]?.string ?? ""
        for pull in state.pulls.values {
          if let thread = pull.threads.first(where: { $0.id == id }) {
            return FakeGraph(state).thread(thread)
          }
        }
        throw GraphQLFailure(type: "NOT_FOUND", message: "Could not resolve to a node")
      },
    ]
  }

  /// A mutation does its work first; its answer is selected then.
  private mutating func mutate(_ document: GraphQLDocument, _ run: inout GraphQLRun) -> JSONValue {
    guard case .field(_, let name, let arguments, _)? = document.selections.first else {
      return .null
    }
    let input = arguments["input"]?.members ?? [:]
    let result: Result<GraphQLNode, GraphQLFailure>
    do throws(GraphQLFailure) {
      result = .success(try carryOut(name, input))
    } catch {
      result = .failure(error)
    }
    let field = GraphQLField(["input"]) { _ in try result.get() }
    return run.select(.object("Mutation", [name: field]), document.selections, [])
  }

  private mutating func carryOut(
    _ name: String, _ input: [String: JSONValue]
  ) throws(GraphQLFailure) -> GraphQLNode {
    if let answer = try boardMutation(name, input) { return answer }
    switch name {
    case "convertPullRequestToDraft", "markPullRequestReadyForReview":
      let number = try pullNumber(input)
      world.state.pulls[number]?.isDraft = name == "convertPullRequestToDraft"
      return .object("Payload", ["pullRequest": try pullField(number)])
    case "enqueuePullRequest":
      let number = try pullNumber(input)
      guard world.state.pulls[number]?.sha == input["expectedHeadOid"]?.string else {
        throw GraphQLFailure(type: "UNPROCESSABLE", message: "The head has moved")
      }
      world.state.pulls[number]?.isQueued = true
      world.state.pulls[number]?.queuings += 1
      let entry = GraphQLNode.object("MergeQueueEntry", ["position": GraphQLField(1)])
      return .object("Payload", ["mergeQueueEntry": GraphQLField(entry)])
    case "requestReviews":
      let number = try pullNumber(input)
      let users = (input["userIds"]?.array ?? []).compactMap(\.string).map { $0.dropFirst(2) }
      world.state.pulls[number]?.asked += users.map(String.init)
      return .object("Payload", ["pullRequest": try pullField(number)])
    case "createLinkedBranch": return try createLinkedBranch(input)
    case "addPullRequestReviewThreadReply": return try reply(input)
    case "resolveReviewThread", "unresolveReviewThread":
      let (number, index) = try threadPlace(input["threadId"]?.string ?? "")
      world.state.pulls[number]?.threads[index].isResolved = name == "resolveReviewThread"
      let thread = world.state.pulls[number]?.threads[index]
      guard let thread else { return .leaf(.null) }
      return .object("Payload", ["thread": GraphQLField(FakeGraph(world.state).thread(thread))])
    default: throw GraphQLFailure(type: "undefinedField", message: "no mutation \(name)")
    }
  }

  private func pullNumber(_ input: [String: JSONValue]) throws(GraphQLFailure) -> Int {
    let id = input["pullRequestId"]?.string ?? ""
    guard let number = Int(id.dropFirst(3)), world.state.pulls[number] != nil else {
      throw GraphQLFailure(type: "NOT_FOUND", message: "Could not resolve to a node")
    }
    return number
  }

  private func pullField(_ number: Int) throws(GraphQLFailure) -> GraphQLField {
    guard let pull = world.state.pulls[number] else {
      throw GraphQLFailure(type: "NOT_FOUND", message: "gone")
    }
    return GraphQLField(FakeGraph(world.state).pull(pull))
  }

  private mutating func createLinkedBranch(
    _ input: [String: JSONValue]
  ) throws(GraphQLFailure) -> GraphQLNode {
    let number = Int((input["issueId"]?.string ?? "").dropFirst(2)) ?? 0
    let name = input["name"]?.string ?? ""
    guard world.state.issues[number] != nil, let commit = input["oid"]?.string else {
      throw GraphQLFailure(type: "NOT_FOUND", message: "Could not resolve to a node")
    }
    if world.state.branches[name] != nil {
      return .object("Payload", ["linkedBranch": GraphQLField(JSONValue.null)])
    }
    world.state.branches[name] = commit
    world.repository?.git("update-ref", "refs/heads/\(name)", commit, "")
    world.state.issues[number]?.branches[name] = commit
    let linked = FakeGraph(world.state).linkedBranch(name, commit)
    return .object("Payload", ["linkedBranch": GraphQLField(linked)])
  }

  private mutating func reply(
    _ input: [String: JSONValue]
  ) throws(GraphQLFailure) -> GraphQLNode {
    let (number, index) = try threadPlace(input["pullRequestReviewThreadId"]?.string ?? "")
    let text = FakeState.Text(
      id: world.state.next(), author: world.state.account, body: input["body"]?.string ?? "")
    world.state.pulls[number]?.threads[index].comments.append(text)
    return .object("Payload", ["comment": GraphQLField(FakeGraph(world.state).comment(text))])
  }

  private func threadPlace(_ id: String) throws(GraphQLFailure) -> (pull: Int, index: Int) {
    for (number, pull) in world.state.pulls {
      if let index = pull.threads.firstIndex(where: { $0.id == id }) { return (number, index) }
    }
    throw GraphQLFailure(type: "NOT_FOUND", message: "Could not resolve to a node")
  }
}
