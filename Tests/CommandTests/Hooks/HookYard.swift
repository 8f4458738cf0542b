import Foundation
import JSON
import TestSupport

/// A playground in which git finds `orch` on PATH, as a user's does.
struct HookYard {
  let scratch = Scratch.current
  let play: Playground
  /// The worktree's folder below the scratch directory; with spaces, because people have them.
  var repo = "repo"

  /// A repository with a remote, with the hooks installed unless it is said otherwise.
  init(
    settings: String = "", installing: Bool = true, agent: String = Playground.commitsOneFile,
    files: [String: String] = ["README.md": "hello\n"]
  ) throws {
    play = try Playground(files: files, agent: agent, settings: settings)
    try FileManager.default.createDirectory(
      atPath: scratch["bin"], withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: scratch["bin/orch"], withDestinationPath: BuiltProgram.orch)
    if installing { try ok("hooks", "install") }
  }

  /// PATH with orch first.
  var environment: [String: String] {
    ["PATH": scratch["bin"] + ":" + (scratch.environment["PATH"] ?? "")]
  }

  /// Runs git with orch on PATH, expects success, returns all that was said.
  @discardableResult
  func git(
    _ arguments: String..., in directory: String? = nil, environment extra: [String: String] = [:]
  ) throws -> String {
    let command = ["git"] + arguments
    let result = try scratch.run(
      command, in: directory ?? repo, environment: environment.merging(extra) { $1 })
    guard result.exitCode == 0 else { throw CommandFailure(command: command, result: result) }
    return result.output + result.errorOutput
  }

  /// Runs orch with itself on PATH.
  func orch(_ arguments: String..., in directory: String? = nil) throws -> CommandResult {
    try scratch.run(
      [BuiltProgram.orch] + arguments, in: directory ?? repo, environment: environment)
  }

  /// The same, expecting success.
  @discardableResult
  func ok(_ arguments: String..., in directory: String? = nil) throws -> String {
    let command = [BuiltProgram.orch] + arguments
    let result = try scratch.run(command, in: directory ?? repo, environment: environment)
    guard result.exitCode == 0 else { throw CommandFailure(command: command, result: result) }
    return result.output
  }

  /// Writes files and commits them with a message.
  @discardableResult
  func commit(_ message: String, _ files: [String: String] = [:]) throws -> String {
    for (name, content) in files { try scratch.write("\(repo)/\(name)", content) }
    try git("add", "-A")
    return try git("commit", "-q", "--allow-empty", "-m", message)
  }

  /// The titles of all tasks, sorted.
  func titles(in directory: String? = nil) throws -> [String] {
    let list = try JSONValue(
      parsing: ok("task", "list", "--json", "--limit", "1000", in: directory))
    return (list.array ?? []).compactMap { $0["title"]?.string }.sorted()
  }

  /// What `orch hooks status --json` says of each hook.
  func status(in directory: String? = nil) throws -> [String: JSONValue] {
    let json = try JSONValue(parsing: orch("hooks", "status", "--json", in: directory).output)
    return Dictionary(
      (json["hooks"]?.array ?? []).map { ($0["name"]?.string ?? "", $0) }
    ) { first, _ in first }
  }

  /// Everything below a folder: paths with modes and contents.
  func snapshot(_ folder: String) throws -> [String: String] {
    var result: [String: String] = [:]
    for name in FileManager.default.enumerator(atPath: scratch[folder])?.allObjects ?? [] {
      guard let name = name as? String else { continue }
      let path = scratch["\(folder)/\(name)"]
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      guard attributes[.type] as? FileAttributeType != .typeDirectory else { continue }
      let mode = attributes[.posixPermissions] as? Int ?? 0
      result[name] = "\(mode) \((try? scratch.read("\(folder)/\(name)")) ?? "")"
    }
    return result
  }
}
