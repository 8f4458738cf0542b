/// A forge whose projects have cards in columns.
public protocol ProjectBoards: Sendable {
  /// The names that a project's column field has: one request.
  func boardNames(owner: String, number: Int, field: String) async throws(ForgeError) -> BoardNames

  /// The card of an issue or pull request on a project, put there if it was not: two requests.
  func card(of number: Int, on project: String) async throws(ForgeError) -> String

  /// Moves a card to a column: one request.
  func move(_ card: String, on names: BoardNames, to option: String) async throws(ForgeError)
}

/// What the forge calls a project, the field with its columns, and these.
public struct BoardNames: Sendable, Hashable {
  /// The project.
  public var project: String
  /// The field.
  public var field: String
  /// The options by what people call them.
  public var options: [String: String]

  /// All parts.
  public init(project: String, field: String, options: [String: String]) {
    self.project = project
    self.field = field
    self.options = options
  }
}
