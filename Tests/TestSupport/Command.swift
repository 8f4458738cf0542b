import Foundation

/// What a finished child process left.
public struct CommandResult: Sendable {
  /// The exit code, or 128 and the signal's number.
  public let exitCode: Int32
  /// Standard output as text.
  public let output: String
  /// Standard error as text.
  public let errorOutput: String
}

/// A command that was expected to succeed and did not.
public struct CommandFailure: Error, CustomStringConvertible {
  /// The command line.
  public let command: [String]
  /// What it left.
  public let result: CommandResult

  /// Both parts.
  public init(command: [String], result: CommandResult) {
    self.command = command
    self.result = result
  }

  /// Command, code and both outputs.
  public var description: String {
    "\(command.joined(separator: " ")) exited \(result.exitCode)\n"
      + result.output + result.errorOutput
  }
}

extension Scratch {
  /// Runs a program in a directory of the scratch with its environment; waits for its end.
  public func run(
    _ command: [String], in directory: String = ".", environment extra: [String: String] = [:],
    input: String? = nil
  ) throws -> CommandResult {
    let folder = directory.hasPrefix("/") ? directory : self[directory]
    let token = UUID().uuidString
    let outputFile = self["home/.out-\(token)"]
    let errorFile = self["home/.err-\(token)"]
    let inputFile = self["home/.in-\(token)"]
    try Data((input ?? "").utf8).write(to: URL(fileURLWithPath: inputFile))
    let process = try ChildProcess(
      command, in: folder, environment: environment.merging(extra) { $1 },
      input: .file(inputFile), output: .file(outputFile), error: .file(errorFile))
    process.waitForEnd()
    let output = FileManager.default.contents(atPath: outputFile) ?? Data()
    let errors = FileManager.default.contents(atPath: errorFile) ?? Data()
    for file in [outputFile, errorFile, inputFile] {
      try? FileManager.default.removeItem(atPath: file)
    }
    return CommandResult(
      exitCode: process.terminationStatus,
      output: String(decoding: output, as: UTF8.self),
      errorOutput: String(decoding: errors, as: UTF8.self))
  }

  /// Starts a program and leaves it running; what it says is added to the file `log` of the scratch.
  public func start(
    _ command: [String], in directory: String, environment extra: [String: String] = [:],
    log: String
  ) throws -> ChildProcess {
    try ChildProcess(
      command, in: self[directory], environment: environment.merging(extra) { $1 },
      output: .file(self[log]), error: .file(self[log]))
  }

  /// Runs git and returns its output without the last line break; throws if it fails.
  @discardableResult
  public func git(_ arguments: String..., in directory: String = ".", input: String? = nil) throws
    -> String
  {
    let command = ["git"] + arguments
    let result = try run(command, in: directory, input: input)
    guard result.exitCode == 0 else { throw CommandFailure(command: command, result: result) }
    return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
  }

  /// Makes a repository with one commit of the given files; returns its absolute path.
  @discardableResult
  public func repository(
    _ name: String = "repo", files: [String: String] = ["README.md": "hello\n"]
  )
    throws -> String
  {
    try git("init", "-q", self[name])
    for (file, content) in files { try write(name + "/" + file, content) }
    try git("add", "-A", in: name)
    try git("commit", "-q", "--allow-empty", "-m", "first", in: name)
    return self[name]
  }
}
