public import JSON

/// A container that may be running: how it is ended, whoever began it.
public struct ContainerHandle: Sendable, Hashable {
  /// How long the engine may take to end one, in seconds.
  static let endSeconds = 60

  /// The engine's program.
  public var program: String
  /// The variables that the program runs with.
  public var environment: [String: String]
  /// The container's name.
  public var name: String
  /// What orch inside is told.
  public var settings: String
  /// True if what runs inside is a child of the engine's service and not of its client.
  public var isOfService: Bool

  /// The handle of a container.
  init(_ walls: ContainerWalls, settings: ContainerSettings) {
    program = walls.engine.program
    environment = walls.engine.environment
    name = walls.name
    isOfService = walls.engine.kind == .docker
    self.settings = settings.json.canonicalText
  }

  /// The variables of the client that begins it.
  var variables: [String: String] {
    environment.merging([ContainerSettings.variable: settings]) { $1 }
  }

  /// Ends everything in it and removes it; false if the engine does not say that it is gone.
  ///
  /// Blocks the thread that calls it.
  @discardableResult
  func remove() -> Bool {
    guard let result = run(["rm", "--force", name]) else { return false }
    return result.exitCode == 0 || result.output.lowercased().contains("no such container")
  }

  /// Stops everything in it where it stands.
  func pause() { _ = run(["pause", name]) }

  /// Lets it go on.
  func resume() { _ = run(["unpause", name]) }

  private func run(_ words: [String]) -> ShellResult? {
    try? CommandRun(
      program: program, arguments: words, directory: "/", environment: environment,
      timeoutSeconds: Self.endSeconds, lock: nil
    ).run()
  }

  /// The form in `launch.json`.
  public var json: JSONValue {
    [
      "program": .string(program), "name": .string(name), "settings": .string(settings),
      "environment": .object(environment.mapValues(JSONValue.string)),
      "of_service": .bool(isOfService),
    ]
  }

  /// Reads the form in `launch.json`; nil if it is not whole.
  public init?(json: JSONValue) {
    guard let program = json["program"]?.string, let name = json["name"]?.string,
      let settings = json["settings"]?.string, let environment = json["environment"]?.object
    else { return nil }
    self.program = program
    self.name = name
    self.settings = settings
    self.environment = environment.compactMapValues(\.string)
    isOfService = json["of_service"]?.bool ?? true
  }
}
