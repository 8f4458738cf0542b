internal import Agents
internal import Folders
internal import Git2
public import GitCLI
public import GitState

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Objects that a disk has lost, brought back from what is left of their packs, and from a remote.
///
/// Whatever is in the way is kept under `orch/broken/`. No writer may write meanwhile.
public struct LostObjects: Sendable {
  /// How long it may take to read what is left of one pack, in seconds.
  private static let salvageSeconds = 3600

  let git: GitProgram
  let commonDirectory: String
  /// The folders in which programs are looked for, as in the environment.
  let path: String

  /// Works on the repository that `git` runs in.
  public init(git: GitProgram, commonDirectory: String, path: String) {
    self.git = git
    self.commonDirectory = commonDirectory
    self.path = path
  }

  private var packs: String { commonDirectory + "/objects/pack" }
  private var broken: String { commonDirectory + "/orch/broken" }

  // MARK: Packs

  /// The packs that are damaged; each with what is, or with `mending` was, done about it.
  ///
  /// `thoroughly` reads every byte of every pack, as is called for where an object cannot be read. An index is made
  /// anew from its pack; of a pack that is not whole, git writes again what it can read. Throws
  /// `PackError` if a file cannot be moved.
  public func packs(
    mending: Bool, thoroughly: Bool = false
  ) async throws -> [StateRecovery.Finding] {
    var findings: [StateRecovery.Finding] = []
    for damage in try await damaged(thoroughly) {
      let text = "the pack '\(damage.name)' is damaged: \(damage.problem)"
      guard mending else {
        let remedy = "what can be read of it is written again, and the rest kept in orch/broken"
        findings.append(StateRecovery.Finding(text: text, remedy: remedy))
        continue
      }
      let remedy = try await salvage(damage.name)
      findings.append(StateRecovery.Finding(text: text, remedy: remedy, isMended: true))
    }
    return findings
  }

  private func damaged(_ thoroughly: Bool) async throws -> [PackFolder.Damage] {
    var damaged = PackFolder.damaged(in: packs)
    guard thoroughly else { return damaged }
    let known = Set(damaged.map(\.name))
    for name in PackFolder.names(in: packs) where !known.contains(name) {
      let check = try await git.run(
        ["verify-pack", "\(packs)/\(name).idx"], accepting: Set(1...255),
        timeoutSeconds: Self.salvageSeconds)
      guard check.exitCode != 0 else { continue }
      damaged.append(PackFolder.Damage(name: name, problem: "its bytes have changed"))
    }
    return damaged
  }

  /// Takes a pack out of git's way and puts back what can be read of it; says what became of it.
  private func salvage(_ name: String) async throws -> String {
    try PackFolder.move(name, from: packs, to: broken)
    let kept = "it is kept in orch/broken"
    guard PackFolder.hasPack(name, in: broken) else { return kept }
    let index = try await git.run(
      ["index-pack", "-o", "\(broken)/\(name).idx", "\(broken)/\(name).pack"],
      accepting: Set(1...255), timeoutSeconds: Self.salvageSeconds)
    if index.exitCode == 0 {
      try PackFolder.move(name, from: broken, to: packs)
      return "its index was made anew"
    }
    // As many of its objects as can be read; git skips those that it finds elsewhere.
    let pack = ShellCommand.quoted("\(broken)/\(name).pack")
    _ = try await ShellCommand.run(
      "git unpack-objects -q -r < \(pack)", in: git.directory, environment: ["PATH": path],
      timeoutSeconds: Self.salvageSeconds)
    return "what could be read of it was written again; " + kept
  }

  // MARK: Single objects

  /// Takes files of single objects that cannot be read out of git's way; returns how many there were.
  public func setAside(_ ids: [String]) throws -> Int {
    var count = 0
    for id in ids {
      let name = "\(id.prefix(2))/\(id.dropFirst(2))"
      guard access("\(commonDirectory)/objects/\(name)", F_OK) == 0 else { continue }
      mkdir(broken, 0o777)
      guard rename("\(commonDirectory)/objects/\(name)", "\(broken)/\(id)") == 0 else {
        throw PackError.file(path: name, operation: "move", number: errno)
      }
      count += 1
    }
    return count
  }

  // MARK: From a remote

  /// Fetches all that a remote has of the state and the notes, as a new clone would, and puts it beside what is here.
  ///
  /// A fetch into this repository would leave out what references that are here seem to lead to, and git refuses to
  /// begin one while objects are lost. Returns false if the remote has no state. Throws `GitCommandError` and
  /// `PackError`.
  public func fetch(from remote: String) async throws -> Bool {
    let wanted = [RefLayout.state, RefLayout.notes]
    let heads = try await git.advertisedReferences(remote: remote, patterns: wanted)
    guard heads[RefLayout.state] != nil else { return false }
    let folder = commonDirectory + "/orch/fetched.git"
    try await remove(folder)
    try await git.run(["init", "--quiet", "--bare", "--template=", folder])
    try await git.fetch(
      remote: remote, refspecs: wanted.filter { heads[$0] != nil }.map { "+\($0):\($0)" },
      checkingObjects: true,
      into: .init(gitDirectory: folder, configuration: commonDirectory + "/config"))
    for name in PackFolder.names(in: folder + "/objects/pack") {
      try PackFolder.move(name, from: folder + "/objects/pack", to: packs)
    }
    try await remove(folder)
    return true
  }

  private func remove(_ folder: String) async throws {
    guard Folder.isFolder(folder) else { return }
    _ = try await ShellCommand.run(
      "rm -rf \(ShellCommand.quoted(folder))", in: "/", environment: ["PATH": path],
      timeoutSeconds: Self.salvageSeconds)
  }
}
