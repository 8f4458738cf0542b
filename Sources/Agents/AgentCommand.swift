/// A command line for a supervisor.
public struct AgentCommand: Sendable, Hashable {
  /// The program's absolute path.
  public var program: String
  /// Its arguments.
  public var arguments: [String]
  /// Variables beside those that every agent gets.
  public var environment: [String: String] = [:]
  /// The file on standard input; nil is the null device.
  public var inputFile: String?

  /// A program with its arguments.
  public init(program: String, arguments: [String]) {
    self.program = program
    self.arguments = arguments
  }
}
