import Foundation
import Git2
import TestSupport
import Testing

@testable import Worktrees

extension Scratch {
  /// Runs git for the code under test, in the environment of the test.
  var gitRunner: GitRunner {
    { arguments, folder, input in
      let command = ["git"] + arguments
      let result = try self.run(command, in: folder, input: input)
      guard result.exitCode == 0 else { throw CommandFailure(command: command, result: result) }
      return result.output
    }
  }

  /// A worktree below the scratch directory on a branch of its own.
  func worktree(_ name: String = "task") -> Worktree {
    Worktree(path: self["trees/" + name], name: "orch-" + name, branch: "orch/" + name)
  }

  /// Makes a worktree at the main branch.
  @discardableResult
  func create(_ worktree: Worktree, at revision: String = "refs/heads/main") async throws
    -> Worktree
  {
    let repository = try RepositoryActor(at: self["repo"])
    let start = try #require(ObjectID(hex: try git("rev-parse", revision, in: "repo")))
    try await WorktreeStore.create(worktree, at: start, through: repository, git: gitRunner)
    return worktree
  }

  /// What `git add -A && git write-tree` makes of a worktree, on an index of its own.
  func treeByGit(_ folder: String) throws -> String {
    let index = try git("rev-parse", "--absolute-git-dir", in: folder) + "/index"
    let copy = self["home/index-\(UUID().uuidString)"]
    _ = try run(["cp", "-p", index, copy])
    let environment = ["GIT_INDEX_FILE": copy]
    for command in [["add", "-A"], ["write-tree"]] {
      let result = try run(["git"] + command, in: folder, environment: environment)
      guard result.exitCode == 0 else { throw CommandFailure(command: command, result: result) }
      if command == ["write-tree"] { return String(result.output.dropLast()) }
    }
    return ""
  }
}

/// Files with names of any bytes.
enum RawFile {
  /// Writes a file, making no folders.
  static func write(_ path: [UInt8], _ content: [UInt8], mode: mode_t = 0o644) {
    let name = path.map { CChar(bitPattern: $0) } + [0]
    guard let file = fopen(name, "w") else { return }
    fwrite(content, 1, content.count, file)
    fclose(file)
    chmod(name, mode)
  }
}
