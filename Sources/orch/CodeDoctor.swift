internal import Engine
internal import Git2
internal import GitCLI
internal import GitState
internal import Settings
internal import Workflow

/// What `orch doctor` looks at of the person's own code: what HEAD, the bases and the branches of open tasks lead to, and
/// the newest part of the history.
///
/// To read all of it is left to `git fsck`.
struct CodeDoctor {
  let session: Session

  /// The most commits of the history that are looked at.
  private static let maximumCommits = 1000
  /// The most branches of tasks that are looked at.
  private static let maximumBranches = 100

  /// The end of a branch.
  private struct End {
    let name: String
    let commit: ObjectID
  }

  /// What is lost; nil where nothing is, as far as it was looked at.
  func look() async -> Finding? {
    guard let ends = try? self.ends(), !ends.isEmpty else { return nil }
    if let lost = try? unreadable(ends) { return finding("what '\(lost)' leads to cannot be read") }
    let walk = try? await session.git.run(
      [
        // What git has noted of commits for speed says nothing of what is there.
        "-c", "core.commitGraph=false", "rev-list", "--quiet",
        "--max-count=\(Self.maximumCommits)",
      ] + ends.map(\.commit.hex), accepting: [128])
    guard walk?.exitCode == 128,
      // Where git does not work at all, it says nothing of objects.
      (try? await session.git.run(["rev-parse", "--git-dir"])) != nil
    else { return nil }
    return finding("commits of the history cannot be read")
  }

  private func finding(_ what: String) -> Finding {
    Finding(
      false,
      "objects of the code are lost: \(what); 'git fsck --connectivity-only --no-reflogs' names them",
      hint: "git fetch --refetch \(session.settings.forge.remote), or a backup")
  }

  private func ends() throws -> [End] {
    let repository = try Repository(at: session.repository)
    let remote = session.settings.forge.remote
    let tasks = self.tasks(in: repository)
    let bases = Set(tasks.compactMap(\.base) + [session.settings.forge.base].compactMap { $0 })
    var names = ["HEAD", "refs/remotes/\(remote)/HEAD"]
    for base in bases.sorted() {
      names += ["refs/heads/\(base)", "refs/remotes/\(remote)/\(base)"]
      names.append(RefLayout.trackedBranch(base, of: remote))
    }
    names += tasks.filter { !$0.status.isTerminal }.prefix(Self.maximumBranches)
      .map { "refs/heads/" + $0.ownBranch }
    var ends: [End] = []
    for name in names {
      guard let commit = try? repository.reference(name),
        !ends.contains(where: { $0.commit == commit })
      else { continue }
      ends.append(End(name: name, commit: commit))
    }
    return ends
  }

  /// Every task; none where there is no state that can be read.
  private func tasks(in repository: borrowing Repository) -> [TaskView] {
    guard let tip = try? StateReader.tip(in: repository) else { return [] }
    return (try? PastState(at: tip, in: session).tasks()) ?? []
  }

  /// The first of some branches whose last commit, or its tree, cannot be read.
  private func unreadable(_ ends: [End]) throws -> String? {
    let repository = try Repository(at: session.repository)
    // Of commits, a partial clone has all.
    let isPartial = try repository.isPartialClone
    for end in ends {
      guard let commit = try? repository.commit(end.commit) else { return end.name }
      if isPartial { continue }
      guard let tree = try? repository.header(of: commit.tree), tree.kind == .tree else {
        return end.name
      }
    }
    return nil
  }
}
