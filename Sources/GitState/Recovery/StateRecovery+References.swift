internal import Folders
public import Git2

/// Torn references of orch (`Repository.isTorn`): a sync fails on each of them, and where that of a remote's state is
/// passed over, this machine takes itself for one that works alone.
extension StateRecovery {
  /// Below it stands everything that is orch's, but the notes.
  private static let folder = "refs/orch"
  private static let stateEnding = RefLayout.state.dropFirst("refs".count)
  private static let notesEnding = RefLayout.notes.dropFirst("refs".count)

  /// The remotes that have a file for what they had for a state, whatever is in it.
  public static func remotesWithFiles(in commonDirectory: String) -> [String] {
    let tracking = String(RefLayout.tracking.dropLast())
    return names(below: tracking, in: commonDirectory).filter { $0.hasSuffix(stateEnding) }
      .map { String($0.dropFirst(RefLayout.tracking.count).dropLast(stateEnding.count)) }
  }

  /// True if one of the references is torn that decide whether the work is shared, and what is known of it.
  static func hasTornReference(in repository: borrowing Repository) -> Bool {
    let commonDirectory = repository.commonDirectory
    let tracking = commonDirectory + "/" + RefLayout.tracking
    var names = [RefLayout.notes]
    for remote in Folder.names(in: tracking) {
      names += [stateEnding, notesEnding].map { RefLayout.tracking + remote + $0 }
    }
    return names.contains { repository.isTorn($0) }
  }

  /// Puts aside what is torn; the newest value that is known takes its place.
  ///
  /// That is what the reference's log says, else what is packed, else what a remote had. That there was a remote's
  /// state says that the work is shared: what all states begin with stands for it. What else is known of a remote is
  /// asked for again; a reference of this machine alone of which no value is known stays as it is, since git keeps all
  /// objects while it is torn. Throws `StateError` if that cannot be written. The caller holds the writers' lock.
  public static func references(
    in repository: borrowing Repository, mending: Bool
  ) throws(StateError) -> [Finding] {
    var recovery = StateRecovery(
      commonDirectory: repository.commonDirectory, isMending: mending, known: nil)
    var all = names(below: folder, in: repository.commonDirectory)
    all.removeAll { $0 == RefLayout.state }
    for name in all + [RefLayout.notes] where repository.isTorn(name) {
      try recovery.mend(torn: name, in: repository)
    }
    return recovery.findings
  }

  /// The same, mending, under the writers' lock, which is taken only if something is torn.
  public static func mendReferences(
    in repository: borrowing Repository
  ) throws(StateError) -> [Finding] {
    if try references(in: repository, mending: false).isEmpty { return [] }
    let folder = try LocalFolder(commonDirectory: repository.commonDirectory)
    let lock = try FileLock(path: folder.writerLock)
    let found = try references(in: repository, mending: true)
    lock.release()
    return found
  }

  /// Mends the state under the writers' lock if its reference cannot be read: whatever looks at it would fail.
  ///
  /// A reference that can be read costs one look-up. Throws `StateError` if nothing can be written here.
  public static func mendState(
    in repository: borrowing Repository
  ) throws(StateError) -> [Finding] {
    do throws(StateError) {
      _ = try StateReader.tip(in: repository)
      return []
    } catch {
      // What cannot be read for another reason, such as rights, may be sound.
      guard repository.isTorn(RefLayout.state) else { throw error }
      let folder = try LocalFolder(commonDirectory: repository.commonDirectory)
      let lock = try FileLock(path: folder.writerLock)
      var found = try references(in: repository, mending: true)
      found += try run(in: repository, mending: true)
      lock.release()
      return found
    }
  }

  private mutating func mend(
    torn name: String, in repository: borrowing Repository
  ) throws(StateError) {
    let isTracking = name.hasPrefix(RefLayout.tracking)
    var value = value(ofTorn: name, in: repository)
    let isState = isTracking && name.hasSuffix(Self.stateEnding)
    let text = "the file '\(commonDirectory)/\(name)' holds no reference"
    if value == nil, !isTracking {
      return add(
        text,
        "no value of it is known: look for it with 'git fsck --lost-found', then remove the file",
        isMended: false)
    }
    let rest =
      value.map { "\($0.short()) takes its place" }
      ?? "the next sync asks the remote for it"
    let remedy = "kept in orch/broken; \(rest)"
    guard isMending else { return add(text, remedy, isMended: false) }
    if value == nil, isState { value = try Self.writeGenesis(in: repository) }
    let broken = commonDirectory + "/orch/broken"
    try LocalFolder.makeDirectory(commonDirectory + "/orch")
    try LocalFolder.makeDirectory(broken)
    do throws(GitError) {
      let kept = "\(broken)/\(name.split(separator: "/").joined(separator: "-"))"
      guard try repository.replaceTorn(name, with: value, keepingAs: kept) else { return }
    } catch {
      throw .git(error)
    }
    add(text, remedy, isMended: true)
  }

  /// The newest value of a torn reference whose object is there.
  private func value(ofTorn name: String, in repository: borrowing Repository) -> ObjectID? {
    var known = logged(name) + [repository.packedValue(of: name)].compactMap { $0 }
    if !name.hasPrefix(RefLayout.tracking) {
      let ending = "/" + name.dropFirst("refs/".count)
      let tracked = (try? repository.references(prefix: RefLayout.tracking)) ?? [:]
      known += tracked.filter { $0.key.hasSuffix(ending) }.sorted { $0.key < $1.key }.map(\.value)
    }
    return known.first { repository.contains($0) }
  }

  /// The commit that every state begins with, which another machine may have made here, and a disk have lost.
  private static func writeGenesis(
    in repository: borrowing Repository
  ) throws(StateError) -> ObjectID {
    var pack = PackWriter()
    let first = try StateJoin.Side.genesis(in: &pack).id
    if repository.contains(first) { return first }
    do throws(PackError) {
      try pack.write(into: repository.commonDirectory + "/objects")
    } catch {
      throw .writing(error)
    }
    return first
  }

  /// True for the commit that every state begins with: no state to go back to.
  static func isGenesis(_ id: ObjectID) -> Bool {
    id == (try? Repository.id(of: Genesis.commit, .commit))
  }

  /// The names of references with files of their own below a folder, sorted in each.
  private static func names(below folder: String, in commonDirectory: String) -> [String] {
    var found: [String] = []
    var folders = [folder]
    while let folder = folders.popLast() {
      for name in Folder.names(in: "\(commonDirectory)/\(folder)") {
        let path = "\(folder)/\(name)"
        if Folder.isFolder("\(commonDirectory)/\(path)") {
          folders.append(path)
        } else if !name.hasSuffix(".lock") {
          found.append(path)
        }
      }
    }
    return found
  }
}
