public import Git2

/// The join of two histories of the state into one commit, without a common ancestor.
///
/// Everyone who joins the same two commits makes the same third one, down to its id. The tree holds
/// what either holds (see `TreeJoiner`); where that is one side's tree and its history contains the
/// other's, that side is the result.
public struct StateJoin: Sendable {
  /// The message of every commit that joins two histories.
  static let message = "sync: join 2 histories\n"
  /// The identity of every commit that joins two histories.
  static let identity = Signature(name: "orch", email: "orch@localhost", seconds: 0)
  /// The latest date of such a commit, in seconds since 1970: a year that git can print.
  static let maximumSeconds: Int64 = 253_402_300_799

  /// How two commits are related.
  enum Relation { case same, oursInTheirs, theirsInOurs, none }

  /// How two commits are related, and whether they have any commit in common.
  struct Ancestry {
    let kind: Relation
    let sharesHistory: Bool
  }

  /// A commit to be joined.
  struct Side {
    let id: ObjectID
    let tree: ObjectID
    /// The committer's date, in seconds since 1970.
    let seconds: Int64
  }

  /// What came of a join.
  public enum Outcome: Sendable, Hashable {
    /// Our side has everything.
    case unchanged
    /// The other side has everything and contains our history.
    case fastForward
    /// A new commit has both as its parents, or ours alone if git itself would refuse theirs.
    case merged
  }

  /// What came of it.
  public let outcome: Outcome
  /// The commit that holds both: ours, theirs, or a new one.
  public let tip: ObjectID
  /// Its tree.
  public let tree: ObjectID
  /// What was noticed.
  let findings: JoinFindings
  /// The new objects, to be written before a reference moves to `tip`.
  let pack: PackWriter

  /// Joins two commits of a repository and writes nothing; `host` is this machine's name in the state.
  ///
  /// Throws `StateError.damaged` if an object is missing or broken.
  public init(
    _ ours: ObjectID, _ theirs: ObjectID, leavingOut quarantine: Quarantine = .none,
    host: String? = nil, in repository: borrowing Repository
  ) throws(StateError) {
    try self.init(
      Side(ours, in: repository), Side(theirs, in: repository),
      relation: Self.relation(ours, theirs, in: repository).kind, leavingOut: quarantine,
      host: host,
      on: PackWriter(), in: repository)
  }

  /// Joins two commits whose relation is known; objects may be in `pack` already.
  init(
    _ ours: Side, _ theirs: Side, relation: Relation, leavingOut quarantine: Quarantine,
    host: String?, on pack: PackWriter, in repository: borrowing Repository
  ) throws(StateError) {
    let newer: TreeJoiner.Newer? =
      switch relation {
      case .oursInTheirs: .theirs
      case .theirsInOurs: .ours
      case .same, .none: nil
      }
    var joiner = TreeJoiner(quarantine: quarantine, newer: newer, host: host)
    joiner.objects.pack = pack
    let tree = try joiner.join(ours.tree, theirs.tree, in: repository)
    outcome = Self.outcome(tree, ours, theirs, relation, quarantine)
    switch outcome {
    case .unchanged: (tip, self.tree) = (ours.id, ours.tree)
    case .fastForward: (tip, self.tree) = (theirs.id, theirs.tree)
    case .merged:
      self.tree = tree
      let parents = quarantine.isTainted ? [ours.id] : [ours.id, theirs.id].sorted()
      let bytes = Self.commit(tree, parents, max(ours.seconds, theirs.seconds))
      tip = try joiner.objects.put(bytes, .commit)
    }
    findings = joiner.findings
    self.pack = joiner.objects.pack
  }

  /// Writes the new objects durably below an `objects` folder.
  public func write(into objectDirectory: String) throws(StateError) {
    do throws(PackError) { try pack.write(into: objectDirectory) } catch { throw .writing(error) }
  }

  /// True if the result's history contains the other side.
  func contains(_ relation: Relation, isTainted: Bool) -> Bool {
    switch outcome {
    case .fastForward: true
    case .merged: !isTainted || relation == .theirsInOurs
    case .unchanged: relation == .same || relation == .theirsInOurs
    }
  }

  private static func outcome(
    _ tree: ObjectID, _ ours: Side, _ theirs: Side, _ relation: Relation,
    _ quarantine: Quarantine
  ) -> Outcome {
    if quarantine.isTainted { return tree == ours.tree ? .unchanged : .merged }
    switch relation {
    case .same: return .unchanged
    case .theirsInOurs: return tree == ours.tree ? .unchanged : .merged
    case .none: return .merged
    case .oursInTheirs:
      if tree == theirs.tree { return .fastForward }
      // Without this, two machines that keep something of each other's out would commit for ever.
      return tree == ours.tree && !quarantine.isEmpty ? .unchanged : .merged
    }
  }

  private static func commit(
    _ tree: ObjectID, _ parents: [ObjectID], _ seconds: Int64
  ) -> [UInt8] {
    var signature = identity
    signature.seconds = min(max(seconds, 0), maximumSeconds)
    return Genesis.commitBytes(tree: tree, parents: parents, by: signature, message: message)
  }

  /// How two commits of a repository are related.
  static func relation(
    _ ours: ObjectID, _ theirs: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> Ancestry {
    if ours == theirs { return Ancestry(kind: .same, sharesHistory: true) }
    do throws(GitError) {
      guard repository.contains(ours), let base = try repository.mergeBase(ours, theirs) else {
        return Ancestry(kind: .none, sharesHistory: false)
      }
      let kind: Relation =
        base == ours ? .oursInTheirs : base == theirs ? .theirsInOurs : .none
      return Ancestry(kind: kind, sharesHistory: true)
    } catch {
      throw .damaged(error)
    }
  }
}

extension StateJoin.Side {
  init(_ id: ObjectID, in repository: borrowing Repository) throws(StateError) {
    do throws(GitError) {
      let commit = try repository.commit(id)
      self.init(id: id, tree: commit.tree, seconds: commit.committer.seconds)
    } catch {
      throw .damaged(error)
    }
  }

  /// The commit that every state begins with, added to a pack.
  static func genesis(in pack: inout PackWriter) throws(StateError) -> StateJoin.Side {
    do throws(GitError) {
      let tree = try pack.add([], .tree)
      let id = try pack.add(Genesis.commit, .commit)
      return StateJoin.Side(id: id, tree: tree, seconds: Genesis.seconds)
    } catch {
      throw .git(error)
    }
  }
}
