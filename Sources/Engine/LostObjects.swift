internal import Agents
internal import Folders
public import Git2
public import GitCLI
public import GitState

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Objects that a disk has lost, brought back from what is left of their packs, and from a remote.
///
/// Nothing is moved away before what can be read of it stands elsewhere; what was in the way is kept under
/// `orch/broken/`. Others may work meanwhile.
public struct LostObjects: Sendable {
  /// How long it may take to read one pack, in seconds.
  private static let packSeconds = 3600

  let git: GitProgram
  let commonDirectory: String

  /// Works on the repository that `git` runs in.
  public init(git: GitProgram, commonDirectory: String) {
    self.git = git
    self.commonDirectory = commonDirectory
  }

  private var packs: String { commonDirectory + "/objects/pack" }
  private var broken: String { commonDirectory + "/orch/broken" }

  // MARK: Packs

  /// True while packs that were damaged are kept.
  public var keepsPacks: Bool {
    Folder.names(in: commonDirectory + "/orch").contains { name in
      name.hasPrefix("broken")
        && !PackFolder.names(in: "\(commonDirectory)/orch/\(name)").isEmpty
    }
  }

  /// The packs that are damaged; each with what is to be done about it, or with `mending` what was done.
  ///
  /// `thoroughly` reads every byte of every pack, and has git make its index over all of them anew, as is called for
  /// where an object cannot be read. Throws `GitCommandError` if git cannot be asked.
  public func packs(
    mending: Bool, thoroughly: Bool = false
  ) async throws -> [StateRecovery.Finding] {
    var findings: [StateRecovery.Finding] = []
    // What is left of a pack may need as much room as the pack.
    let isLow = DiskSpace(at: commonDirectory)?.isLow == true
    for damage in try await damaged(thoroughly) {
      let text = "the pack '\(damage.name)' is damaged: \(damage.problem)"
      let remedy =
        "what can be read of it is written again, and it is kept in orch/broken"
        + (isLow ? ", once there is room on the disk" : "")
      guard mending, !isLow else {
        findings.append(StateRecovery.Finding(text: text, remedy: remedy))
        continue
      }
      do {
        findings.append(try await salvage(damage.name, text))
      } catch {
        // What was done of others is to be told, and the rest to be tried.
        findings.append(StateRecovery.Finding(text: text, remedy: "it is as it was: \(error)"))
      }
    }
    return findings
  }

  private func damaged(_ thoroughly: Bool) async throws -> [PackFolder.Damage] {
    var damaged = PackFolder.damaged(in: packs)
    guard thoroughly else { return damaged }
    PackFolder.removeIndexOfAll(in: packs)
    let known = Set(damaged.map(\.name))
    for name in PackFolder.names(in: packs)
    where !known.contains(name) && PackFolder.isOpen(name, in: packs) {
      let check = try await git.run(
        ["verify-pack", "\(packs)/\(name).idx"], accepting: Set(1...255),
        timeoutSeconds: Self.packSeconds)
      // 137: it was killed, which says nothing of the pack.
      if [0, 137].contains(check.exitCode) || PackFolder.isPassing(name, in: packs) { continue }
      damaged.append(PackFolder.Damage(name: name, problem: "its bytes have changed"))
    }
    return damaged
  }

  /// Has what can be read of a pack stand elsewhere, and then takes the pack out of git's way.
  private func salvage(_ name: String, _ text: String) async throws -> StateRecovery.Finding {
    let done = { StateRecovery.Finding(text: text, remedy: $0, isMended: true) }
    guard PackFolder.hasPack(name, in: packs) else {
      try setAside(name)
      return done("what is left of it is kept in orch/broken")
    }
    if try await makeIndex(of: name) { return done("its index was made anew") }
    if let salvage = try PackFolder.salvage(name, in: packs) {
      try setAside(name)
      return done(
        "\(salvage.kept) of its objects were written again, \(salvage.lost) cannot be read; "
          + "it is kept in orch/broken")
    }
    let left = StateRecovery.Finding(
      text: text, remedy: "it is left as it is: bring it back from a backup, or clone anew")
    if PackFolder.hasIndex(name, in: packs) { return left }
    // Without an index, git reads up to the first damage.
    let pack = ShellCommand.quoted("\(packs)/\(name).pack")
    let run = try await ShellCommand.run(
      "git -c core.fsync=all unpack-objects -q -r < \(pack)", in: git.directory,
      environment: git.environment,
      timeoutSeconds: Self.packSeconds)
    // What ends it before its time says nothing of the pack.
    guard let code = run.exitCode, code <= 128 else { return left }
    try setAside(name)
    return done(
      code == 0
        ? "its objects were written again; it is kept in orch/broken"
        : "its beginning was written again, as far as it can be read; it is kept in orch/broken")
  }

  /// Makes a pack's index from the pack; false if the pack itself is damaged.
  private func makeIndex(of name: String) async throws -> Bool {
    let index = "\(commonDirectory)/orch/\(name).idx"
    let made = try await git.run(
      ["index-pack", "-o", index, "\(packs)/\(name).pack"], accepting: Set(1...255),
      timeoutSeconds: Self.packSeconds)
    guard made.exitCode == 0 else { return false }
    try PackFolder.replaceIndex(of: name, with: index, in: packs)
    return true
  }

  private func setAside(_ name: String) throws {
    var place = broken
    var number = 1
    while PackFolder.names(in: place).contains(name) {
      number += 1
      place = "\(broken)-\(number)"
    }
    try PackFolder.move(name, from: packs, to: place)
  }

  // MARK: Single objects

  /// Takes files of single objects that can be opened, and do not hold the object, out of git's way; returns how many.
  public func setAside(_ ids: [ObjectID]) throws -> Int {
    var count = 0
    for id in ids {
      let path = "\(commonDirectory)/objects/\(id.hex.prefix(2))/\(id.hex.dropFirst(2))"
      guard access(path, R_OK) == 0, !LooseObjects.isSound(path, id) else { continue }
      mkdir(broken, 0o777)
      guard rename(path, "\(broken)/\(id)") == 0 else {
        throw PackError.file(path: path, operation: "move", number: errno)
      }
      count += 1
    }
    return count
  }

  // MARK: From a remote

  /// Fetches all that a remote has of the state and the notes, as a new clone would, and puts it beside what is here.
  ///
  /// A fetch into this repository would leave out what references that are here seem to lead to, and git refuses to
  /// begin one while objects are lost. Returns false if the remote has no state. Throws `GitCommandError`, and
  /// `PackError` if a file cannot be moved.
  public func fetch(from remote: String) async throws -> Bool {
    let wanted = [RefLayout.state, RefLayout.notes]
    let heads = try await git.advertisedReferences(remote: remote, patterns: wanted)
    guard heads[RefLayout.state] != nil else { return false }
    let folder = "\(commonDirectory)/orch/fetched-\(UInt64.random(in: 0 ... .max)).git"
    do {
      try await git.run(["init", "--quiet", "--bare", "--template=", folder])
      try await git.fetch(
        remote: remote, refspecs: wanted.filter { heads[$0] != nil }.map { "+\($0):\($0)" },
        checkingObjects: true,
        into: ForeignStore(gitDirectory: folder, configuration: commonDirectory + "/config"))
      for name in PackFolder.names(in: folder + "/objects/pack") {
        try PackFolder.move(name, from: folder + "/objects/pack", to: packs)
      }
    } catch {
      await remove(folder)
      throw error
    }
    await remove(folder)
    return true
  }

  private func remove(_ folder: String) async {
    _ = try? await ShellCommand.run(
      "rm -rf \(ShellCommand.quoted(folder))", in: "/", environment: git.environment,
      timeoutSeconds: Self.packSeconds)
  }
}
