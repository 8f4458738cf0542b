internal import JSON

/// Projects (the newer ones, which have no REST interface).
///
/// Source: GitHub, GraphQL reference, "Projects"; "Using the API to manage Projects".
extension GitHubForge: ProjectBoards {
  /// The names that a project's column field has: one request.
  public func boardNames(
    owner: String, number: Int, field: String
  ) async throws(ForgeError) -> BoardNames {
    let project = """
      projectV2(number: $number) {
        id field(name: $field) { ... on ProjectV2SingleSelectField { id options { id name } } }
      }
      """
    let text = """
      query($owner: String!, $number: Int!, $field: String!) {
        repositoryOwner(login: $owner) {
          ... on Organization { \(project) } ... on User { \(project) }
        }
      }
      """
    let call = "read project \(owner)/\(number)"
    let (data, errors) = try await client.query(
      text, ["owner": .string(owner), "number": .number(number), "field": .string(field)], call,
      .watching)
    guard let found = data.part("repositoryOwner")?.part("projectV2") else {
      throw Self.problem(errors, call)
    }
    guard let column = found.part("field"), let id = column.optionalName("id") else {
      throw .refused(call: call, detail: "it has no single-select field '\(field)'")
    }
    var options: [String: String] = [:]
    for (name, id) in try column.elements(
      "options",
      { option throws(ForgeError) in
        (try option.name("name"), try option.name("id"))
      })
    {
      options[name] = id
    }
    return BoardNames(project: try found.name("id"), field: id, options: options)
  }

  /// The card of an issue or pull request on a project, put there if it was not: two requests.
  public func card(of number: Int, on project: String) async throws(ForgeError) -> String {
    let call = "find the card of #\(number)"
    let text = """
      query($owner: String!, $name: String!, $number: Int!) {
        repository(owner: $owner, name: $name) {
          issueOrPullRequest(number: $number) { ... on Issue { id } ... on PullRequest { id } }
        }
      }
      """
    var variables = place
    variables["number"] = .number(number)
    let (data, errors) = try await client.query(text, variables, call, .watching)
    guard let content = data.part("repository")?.part("issueOrPullRequest") else {
      throw Self.problem(errors, call)
    }
    let mutation = """
      mutation($input: AddProjectV2ItemByIdInput!) {
        addProjectV2ItemById(input: $input) { item { id } }
      }
      """
    // A card that is there already is given back.
    let added = try await client.mutate(
      mutation, ["projectId": .string(project), "contentId": .string(try content.name("id"))], call,
      .watching)
    return try added["addProjectV2ItemById"]["item"].name("id")
  }

  /// Moves a card to a column: one request.
  public func move(
    _ card: String, on names: BoardNames, to option: String
  ) async throws(ForgeError) {
    let mutation = """
      mutation($input: UpdateProjectV2ItemFieldValueInput!) {
        updateProjectV2ItemFieldValue(input: $input) { projectV2Item { id } }
      }
      """
    _ = try await client.mutate(
      mutation,
      [
        "projectId": .string(names.project), "itemId": .string(card),
        "fieldId": .string(names.field), "value": ["singleSelectOptionId": .string(option)],
      ], "move a card", .watching)
  }

  /// What GitHub says is wrong where it gives nothing.
  private static func problem(_ errors: [GraphQLError], _ call: String) -> ForgeError {
    guard let first = errors.first else { return .notFound(call: call) }
    return first.error(call, detail: ForgeLimits.cut(first.message, to: ForgeLimits.detailBytes))
  }
}
