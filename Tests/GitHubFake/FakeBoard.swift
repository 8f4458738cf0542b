import JSON

/// A project of the fake's owner, as GitHub's newer projects are.
struct FakeBoard: Sendable {
  var number: Int
  /// What the single-select field is called.
  var field = "Status"
  var options = ["Todo", "In Progress", "Done"]
  /// The column of each card by what it shows (`I_1`, `PR_2`); empty for one in no column.
  var cards: [String: String] = [:]
  /// How often each card was moved.
  var moves: [String] = []
  /// True if the token may read and write projects.
  var isOpen = true
  /// What options are called by the interface begins so: another one when the field was made anew.
  var generation = "o"

  /// GitHub's words for a token without the scope.
  func refuse(_ field: String) throws(GraphQLFailure) {
    guard !isOpen else { return }
    throw GraphQLFailure(
      type: "INSUFFICIENT_SCOPES",
      message:
        "Your token has not been granted the required scopes to execute this query. The '\(field)' field requires one of the following scopes: ['project'], but your token has only been granted the: ['repo'] scopes."
    )
  }

  /// The board as GraphQL has it.
  func node(_ owner: String) -> GraphQLNode {
    .object(
      "Organization",
      [
        "projectV2": GraphQLField(["number"]) { arguments in
          try refuse("projectV2")
          guard arguments["number"]?.int == number else {
            throw GraphQLFailure(
              type: "NOT_FOUND", message: "Could not resolve to a ProjectV2 with the number.")
          }
          return .object(
            "ProjectV2",
            [
              "id": GraphQLField(.string("PVT_\(number)")),
              "field": GraphQLField(["name"]) { arguments in
                guard arguments["name"]?.string == field else { return .leaf(.null) }
                return .object(
                  "ProjectV2SingleSelectField",
                  [
                    "id": GraphQLField(.string("PVTSSF_\(generation)")),
                    "options": GraphQLField(
                      .list(
                        options.enumerated().map {
                          .object(
                            "ProjectV2SingleSelectFieldOption",
                            [
                              "id": GraphQLField(.string("\(generation)\($0)")),
                              "name": GraphQLField(.string($1)),
                            ])
                        })),
                  ])
              },
            ])
        }
      ])
  }
}

extension FakeCall {
  /// A mutation of a project; nil for any other.
  mutating func boardMutation(
    _ name: String, _ input: [String: JSONValue]
  ) throws(GraphQLFailure) -> GraphQLNode? {
    guard ["addProjectV2ItemById", "updateProjectV2ItemFieldValue"].contains(name) else {
      return nil
    }
    guard var board = world.state.board, input["projectId"]?.string == "PVT_\(board.number)" else {
      throw GraphQLFailure(type: "NOT_FOUND", message: "Could not resolve to a node")
    }
    try board.refuse(name)
    if name == "addProjectV2ItemById" {
      let content = input["contentId"]?.string ?? ""
      board.cards[content] = board.cards[content] ?? ""
      world.state.board = board
      let item = GraphQLNode.object(
        "ProjectV2Item", ["id": GraphQLField(.string("PVTI_\(content)"))])
      return .object("Payload", ["item": GraphQLField(item)])
    }
    let card = String((input["itemId"]?.string ?? "").dropFirst("PVTI_".count))
    let option = input["value"]?["singleSelectOptionId"]?.string ?? ""
    let index = Int(option.dropFirst(board.generation.count)) ?? -1
    guard board.cards[card] != nil, input["fieldId"]?.string == "PVTSSF_\(board.generation)",
      option.hasPrefix(board.generation), board.options.indices.contains(index)
    else {
      throw GraphQLFailure(
        type: "NOT_FOUND", message: "Could not resolve to a node with the global id")
    }
    board.cards[card] = board.options[index]
    board.moves.append("\(card) \(board.options[index])")
    world.state.board = board
    let item = GraphQLNode.object("ProjectV2Item", ["id": GraphQLField(.string("PVTI_\(card)"))])
    return .object("Payload", ["projectV2Item": GraphQLField(item)])
  }
}
