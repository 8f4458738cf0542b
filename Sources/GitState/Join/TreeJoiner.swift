internal import Git2

/// Joins trees of the state without a common ancestor.
///
/// The result depends on the set of trees alone: any order and grouping gives the same bytes. Nothing
/// is left out because one side lacks it. Subtrees that are equal on all sides are not read, so the
/// cost follows the differences.
struct TreeJoiner {
  /// Whose snapshots by a newer fold are kept where one side's history contains the other's.
  enum Newer { case ours, theirs }

  var objects = JoinObjects(pack: PackWriter())
  var findings = JoinFindings()
  /// The lines of logs that were read or made, by file; only those of the record in work.
  var parsed: [ObjectID: [LogLine]] = [:]
  let quarantine: Quarantine
  let newer: Newer?
  let host: String?

  init(quarantine: Quarantine = .none, newer: Newer? = nil, host: String? = nil) {
    self.quarantine = quarantine
    self.newer = newer
    self.host = host
  }

  /// The tree that holds what both hold.
  mutating func join(
    _ ours: ObjectID, _ theirs: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> ObjectID {
    if ours == theirs { return ours }
    let sources = [JoinSource(id: ours, isTheirs: false), JoinSource(id: theirs, isTheirs: true)]
    if let joined = try folder(sources, at: .root, path: [], in: repository) { return joined }
    return try objects.put([], .tree)
  }

  /// Joins the versions of one folder; nil if nothing is left of it.
  mutating func folder(
    _ sources: [JoinSource], at place: Place, path: [UInt8], in repository: borrowing Repository
  ) throws(StateError) -> ObjectID? {
    if let only = sources.first, sources.count == 1, !place.holdsRecords,
      !(only.isTheirs && quarantine.touched.contains(path))
    {
      return only.id
    }
    var claims = try claims(of: sources, at: place, path: path, in: repository)
    var entries: [RawTree.Entry] = []
    if place == .log {
      entries += try logFiles(&claims, path: path, in: repository)
    }
    claims.settle()
    report(claims.displaced, path: path)
    for name in claims.names.keys {
      let winners = claims.winners(of: name)
      if claims.names[name]?.isShared == true {
        entries += winners.map(\.entry)
        continue
      }
      let below = Self.path(path, name)
      if let entry = try winner(winners, name, at: place, path: below, in: repository) {
        entries.append(entry)
      }
    }
    if case .record(let key) = place {
      let snapshots = claims.winners(of: Array(key.collection.snapshotName.utf8))
      entries += try snapshot(of: key, snapshots, beside: entries, in: repository)
    }
    guard !entries.isEmpty else { return nil }
    let known = sources.map(\.id)
    let id = try objects.put(RawTree(entries).bytes, .tree, known: known)
    if case .record(let key) = place, sources.first(where: { !$0.isTheirs })?.id != id {
      findings.changed.append(key)
    }
    return id
  }

  private func claims(
    of sources: [JoinSource], at place: Place, path: [UInt8], in repository: borrowing Repository
  ) throws(StateError) -> FolderClaims {
    var claims = FolderClaims(place: place)
    var sides: [[RawTree.Entry]] = []
    for source in sources {
      var entries = try objects.entries(of: source.id, in: repository)
      if source.isTheirs, quarantine.touched.contains(path) {
        entries.removeAll { quarantine.paths.contains(Self.path(path, $0.name)) }
      }
      claims.add(entries, isTheirs: source.isTheirs)
      sides.append(entries)
    }
    claims.markShared(sides)
    return claims
  }

  /// The entry of a name from the wishes that won it; nil if it is made elsewhere, or is empty.
  private mutating func winner(
    _ claims: [FolderClaims.Claim], _ name: [UInt8], at place: Place, path: [UInt8],
    in repository: borrowing Repository
  ) throws(StateError) -> RawTree.Entry? {
    guard let first = claims.first else { return nil }
    if first.entry.isTree {
      let sources = claims.map { JoinSource(id: $0.entry.id, isTheirs: $0.isTheirs) }
      let id = try folder(sources, at: place.folder(name), path: path, in: repository)
      return id.map { .init(mode: RawTree.treeMode, name: name, id: $0) }
    }
    let ids = claims.map(\.entry.id)
    let id: ObjectID?
    switch place.rule(for: name) {
    case .writeOnce: return first.entry
    case .derived: return nil
    case .smallest: id = ids.min()
    case .maximum: id = try format(ids, in: repository)
    case .lines: id = try lines(claims, path: path, in: repository)
    }
    return id.map { .init(mode: RawTree.fileMode, name: name, id: $0) }
  }

  private mutating func report(
    _ displaced: [(from: [UInt8], to: [UInt8], claim: FolderClaims.Claim)], path: [UInt8]
  ) {
    for (from, to, _) in displaced {
      findings.conflicts.append(
        WriteConflict(
          path: Self.text(Self.path(path, from)), other: Self.text(Self.path(path, to))))
    }
  }

  /// A path's bytes with one more name.
  static func path(_ folder: [UInt8], _ name: [UInt8]) -> [UInt8] {
    folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name
  }

  /// A path for people.
  static func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
}
