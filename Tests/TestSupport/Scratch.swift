import Foundation
import Synchronization
public import Testing

/// A directory of one test: made before it, removed after it, found through `Scratch.current`.
///
/// `git`, run through `Scratch.git`, sees a HOME and a configuration inside it and nothing of the
/// machine's own; time zone and identity are fixed.
public struct Scratch: Sendable {
  /// The scratch directory of the running test.
  @TaskLocal public static var current = Scratch(path: "/nonexistent/scratch-trait-is-missing")

  /// The absolute path.
  public let path: String

  /// A path below the scratch directory.
  public subscript(_ name: String) -> String { path + "/" + name }

  /// The environment for child processes: the machine's PATH, and nothing else that is its own.
  public var environment: [String: String] {
    [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "HOME": path + "/home",
      "XDG_CONFIG_HOME": path + "/home/.config",
      "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_CONFIG_GLOBAL": path + "/home/.gitconfig",
      "GIT_TERMINAL_PROMPT": "0",
      "GIT_AUTHOR_NAME": "Test Author", "GIT_AUTHOR_EMAIL": "author@example.invalid",
      "GIT_COMMITTER_NAME": "Test Committer", "GIT_COMMITTER_EMAIL": "committer@example.invalid",
      "LC_ALL": "C", "TZ": "UTC",
    ]
  }

  /// Writes a file below the scratch directory, making its folders; returns its absolute path.
  @discardableResult
  public func write(_ name: String, _ content: String) throws -> String {
    let file = URL(fileURLWithPath: self[name])
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content.utf8).write(to: file)
    return file.path
  }

  /// Reads a file below the scratch directory as text.
  public func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: self[name])), as: UTF8.self)
  }

  /// The programs that were started in tests that go on, by the path of their scratch directory.
  private static let started = Mutex<[String: [ChildProcess]]>([:])

  /// Remembers a program until the test has ended.
  func note(_ process: ChildProcess) {
    Self.started.withLock { $0[path, default: []].append(process) }
  }

  /// Kills what the test has started and not waited for: a server that nobody asks any more goes on for ever.
  fileprivate func endAll() {
    let all = Self.started.withLock { $0.removeValue(forKey: path) } ?? []
    for process in all where process.isRunning {
      process.send(SIGKILL)
      process.waitForEnd()
    }
  }

  /// True if something exists at that place.
  public func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: self[name]) }
}

/// Gives each test of a suite a scratch directory of its own.
public struct ScratchTrait: SuiteTrait, TestTrait, TestScoping {
  /// Every test of a marked suite gets its own.
  public var isRecursive: Bool { true }

  /// Makes the directory, runs the test with it, removes it.
  @concurrent
  public func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    let base = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    let directory = base.appendingPathComponent("orch-test-\(UUID().uuidString.prefix(13))")
    try FileManager.default.createDirectory(
      at: directory.appendingPathComponent("home"), withIntermediateDirectories: true)
    defer { removeTree(directory.path) }
    let configuration = """
      [init]\n\tdefaultBranch = main\n[user]\n\tname = Test\n\temail = test@example.invalid
      [commit]\n\tgpgsign = false\n[gc]\n\tauto = 0\n[protocol "file"]\n\tallow = always\n
      """
    try Data(configuration.utf8).write(to: directory.appendingPathComponent("home/.gitconfig"))
    try await Scratch.$current.withValue(Scratch(path: directory.path)) {
      defer { Scratch.current.endAll() }
      try await function()
    }
  }
}

extension Trait where Self == ScratchTrait {
  /// A scratch directory for each test.
  public static var scratch: Self { ScratchTrait() }
}

/// Removes a tree, also where a test took away write permission.
private func removeTree(_ path: String) {
  if (try? FileManager.default.removeItem(atPath: path)) != nil { return }
  let command = ["/bin/sh", "-c", "chmod -R u+rwX \"$1\"; rm -rf \"$1\"", "sh", path]
  (try? ChildProcess(command))?.waitForEnd()
}
