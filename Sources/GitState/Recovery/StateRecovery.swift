internal import Folders
public import Git2

/// What a crash or a power cut can leave of the state, found and mended.
///
/// Everything that is mended here is either worthless as it is (an empty object, a lock of a dead process) or
/// kept aside under `orch/broken/`. Nothing is thrown away that could be read.
public struct StateRecovery: Sendable {
  /// One thing that is not as it should be.
  public struct Finding: Sendable, Hashable {
    /// What was found, for a person.
    public let text: String
    /// What was or will be done about it.
    public let remedy: String
    /// True once it is done.
    public var isMended = false

    /// All parts.
    public init(text: String, remedy: String, isMended: Bool = false) {
      self.text = text
      self.remedy = remedy
      self.isMended = isMended
    }
  }

  /// The most lines of the reference's log that are looked at.
  static let maximumCandidates = 100
  /// As many bytes of a log have more lines than that.
  private static let maximumLogBytes = 256 * 1024
  /// What the log says where a state was given up because objects of it could not be read.
  static let givenUpReason = "orch: recovery, objects were lost"

  let commonDirectory: String
  let isMending: Bool
  /// The last state that this process wrote or saw sound: what is there now must have come after it.
  let known: ObjectID?
  private(set) var findings: [Finding] = []

  /// Looks at the repository with this common directory; with `mending`, mends what it finds.
  ///
  /// `known` is the last state that the caller wrote or saw sound; one that does not come after it was put there
  /// by somebody else. Throws `StateError` if the repository cannot be used at all. While it mends, no other
  /// writer may write.
  public static func run(
    in repository: borrowing Repository, mending: Bool, following known: ObjectID? = nil
  ) throws(StateError) -> [Finding] {
    var recovery = StateRecovery(
      commonDirectory: repository.commonDirectory, isMending: mending, known: known)
    try recovery.removeEmptyObjects()
    try recovery.mendReference(in: repository)
    try recovery.mendNotes(in: repository)
    recovery.removeLeftovers()
    return recovery.findings
  }

  /// True if the state can be opened: its reference leads to a state whose tree is there, and which comes after
  /// `known`.
  public static func isSound(
    in repository: borrowing Repository, following known: ObjectID? = nil
  ) -> Bool {
    guard let tip = try? repository.reference(RefLayout.state) else {
      // No state is sound where there never was one; a reference that cannot be read is not.
      return known == nil && !FileBox.exists(repository.commonDirectory + "/" + RefLayout.state)
    }
    return isState(tip, in: repository) && follows(tip, known, in: repository)
  }

  /// True for a commit with the form of a state, or of its first commit, which is empty.
  public static func isState(_ id: ObjectID, in repository: borrowing Repository) -> Bool {
    guard let tree = try? repository.commit(id).tree else { return false }
    if tree == Genesis.emptyTree { return true }
    guard let bytes = try? repository.bytes(of: tree, .tree),
      let entries = try? RawTree(bytes: bytes).entries
    else { return false }
    return entries.contains { $0.isTree && $0.text == "meta" }
  }

  /// True if a state has another one in its history, or there is no other one to come after.
  private static func follows(
    _ id: ObjectID, _ known: ObjectID?, in repository: borrowing Repository
  ) -> Bool {
    guard let known, known != id else { return true }
    return (try? repository.contains(known, inHistoryOf: id)) ?? false
  }

  init(commonDirectory: String, isMending: Bool, known: ObjectID?) {
    self.commonDirectory = commonDirectory
    self.isMending = isMending
    self.known = known
  }

  mutating func add(_ text: String, _ remedy: String, isMended: Bool) {
    findings.append(Finding(text: text, remedy: remedy, isMended: isMended))
  }

  // MARK: Objects

  /// A loose object of no bytes is what a power cut leaves of one that was not synced; writing the object again
  /// would not replace it.
  private mutating func removeEmptyObjects() throws(StateError) {
    for number in 0..<256 {
      let digits = String(number, radix: 16)
      let folder = "\(commonDirectory)/objects/\(digits.count < 2 ? "0" + digits : digits)"
      for name in Folder.names(in: folder) where FileBox.size("\(folder)/\(name)") == 0 {
        let path = "\(folder)/\(name)"
        let isGone = isMending && FileBox.remove(path)
        add(
          "the object '\(path)' is empty", "removed, so that it can be written again",
          isMended: isGone)
      }
    }
  }

  // MARK: The reference

  /// Makes the reference lead to the newest whole state that is known here.
  private mutating func mendReference(in repository: borrowing Repository) throws(StateError) {
    let file = commonDirectory + "/" + RefLayout.state
    var current: ObjectID?
    var problem: String?
    do throws(GitError) {
      current = try repository.reference(RefLayout.state)
      problem = current.map { self.problem(of: $0, in: repository) } ?? absence
    } catch {
      problem = FileBox.size(file) == 0 ? "the file is empty" : "the file cannot be read"
    }
    guard let problem else { return }
    let text = "refs/orch/state is damaged: \(problem)"
    let wanted = candidates(in: repository)
    guard
      let found = wanted.first(where: {
        isWhole($0, in: repository) && Self.isState($0, in: repository)
      })
    else {
      return add(
        text,
        "no whole state is known here: 'orch doctor --fix' fetches it, or a backup brings it back",
        isMended: false)
    }
    let remedy =
      "set to \(found.short()), the newest state that is whole; 'orch sync' brings what others have, and "
      + "'orch doctor --fix' what can be read of this machine's own"
    guard isMending else { return add(text, remedy, isMended: false) }
    if current == nil { FileBox.setAside(file, in: commonDirectory + "/orch/broken") }
    do throws(GitError) {
      let old = try repository.reference(RefLayout.state)
      let isGivenUp =
        wanted.first != found && (current.map { !isWhole($0, in: repository) } ?? true)
      try repository.setReference(
        RefLayout.state, to: found, expecting: old,
        log: isGivenUp ? Self.givenUpReason : "orch: recovery")
    } catch {
      throw .git(error)
    }
    add(text, remedy, isMended: true)
  }

  /// What is wrong with a state that the reference leads to; nil if nothing is.
  private func problem(of id: ObjectID, in repository: borrowing Repository) -> String? {
    if !isWhole(id, in: repository) { return "\(id.short()) lacks objects" }
    if !Self.isState(id, in: repository) { return "\(id.short()) is no state" }
    return Self.follows(id, known, in: repository)
      ? nil : "\(id.short()) does not come after \(known?.short() ?? "")"
  }

  /// What is wrong if there is no reference; nil where there never was one.
  private var absence: String? { known == nil ? nil : "it is gone" }

  /// States that were here: the reference's log, newest first, and what remotes had.
  private func candidates(in repository: borrowing Repository) -> [ObjectID] {
    var result = [known].compactMap { $0 }
    for id in logged(RefLayout.state) where !result.contains(id) { result.append(id) }
    return result + tracked(in: repository)
  }

  /// What remotes had for a state when they were last seen, by their names.
  private func tracked(in repository: borrowing Repository) -> [ObjectID] {
    let end = "/" + RefLayout.state.dropFirst("refs/".count)
    let tracked = (try? repository.references(prefix: RefLayout.tracking)) ?? [:]
    return tracked.filter { $0.key.hasSuffix(end) && !Self.isGenesis($0.value) }
      .sorted { $0.key < $1.key }.map(\.value)
  }

  /// What the log of a reference says that it held, the newest first.
  func logged(_ name: String) -> [ObjectID] {
    var result: [ObjectID] = []
    for line in log(of: name).reversed() {
      for id in [line.new, line.old].compactMap({ $0 }) where !result.contains(id) {
        result.append(id)
      }
    }
    return result
  }

  /// The moves of a reference after the last one whose reason is `isKnown`, the oldest first; none if the end of its log
  /// has no such one.
  func lastMoves(
    of name: String, since isKnown: (Substring) -> Bool
  ) -> [(old: ObjectID?, new: ObjectID?, reason: Substring)] {
    // One line says it, but where somebody has put many on top.
    for bytes in [1024, Self.maximumLogBytes] {
      let moves = log(of: name, bytes: bytes)
      if let last = moves.lastIndex(where: { isKnown($0.reason) }) {
        return Array(moves[(last + 1)...])
      }
    }
    return []
  }

  /// The last lines of a reference's log: what it held before and after, and why it was moved.
  func log(
    of name: String, bytes: Int = maximumLogBytes
  ) -> [(old: ObjectID?, new: ObjectID?, reason: Substring)] {
    let lines = FileBox.lastLines("\(commonDirectory)/logs/\(name)", bytes: bytes)
    return (lines ?? []).suffix(Self.maximumCandidates).map { line in
      let ids = line.split(separator: " ").prefix(2).map { ObjectID(hex: String($0)) }
      let reason = line.split(separator: "\t").dropFirst().last ?? ""
      return (
        ids.first.flatMap { $0 == .zero ? nil : $0 }, ids.last.flatMap { $0 == .zero ? nil : $0 },
        reason
      )
    }
  }

  /// True if a commit is there with everything in its tree.
  private func isWhole(_ id: ObjectID, in repository: borrowing Repository) -> Bool {
    guard let commit = try? repository.commit(id) else { return false }
    var folders = [commit.tree]
    var seen: Set<ObjectID> = [Genesis.emptyTree]
    while let folder = folders.popLast() {
      guard seen.insert(folder).inserted else { continue }
      guard let bytes = try? repository.bytes(of: folder, .tree),
        let tree = try? RawTree(bytes: bytes)
      else { return false }
      for entry in tree.entries {
        if entry.isTree {
          folders.append(entry.id)
        } else if seen.insert(entry.id).inserted, !repository.contains(entry.id) {
          return false
        }
      }
    }
    return true
  }

  // MARK: Files

  /// Removes temporary files that a killed orch, or a fetch that was broken off, has left.
  private mutating func removeLeftovers() {
    let places = [
      (commonDirectory + "/orch", ".tmp", FileBox.leftoverSeconds),
      (commonDirectory + "/objects/pack", "tmp_orch_", FileBox.leftoverSeconds),
      // What a fetch of git's was receiving when it was broken off.
      (commonDirectory + "/objects/pack", "tmp_pack_", FileBox.transferSeconds),
    ]
    for (folder, mark, age) in places {
      for name in Folder.names(in: folder)
      where name.contains(mark) && !name.hasSuffix(".pack") && !name.hasSuffix(".idx") {
        let path = "\(folder)/\(name)"
        guard FileBox.age(path) > age else { continue }
        add(
          "'\(path)' was left by a process that is gone", "removed",
          isMended: isMending && FileBox.remove(path))
      }
    }
  }
}
