public import Git2

/// Looks at everything in which a fetched state differs from ours before any of it is believed.
///
/// Reads objects by id and checks nothing out. Sizes come from headers, so a huge file or folder is
/// never unpacked. What breaks a rule is kept out with everything below it; the rest is let in.
public struct StateValidator {
  /// What is kept out.
  public private(set) var quarantine = Quarantine()
  /// Why.
  public private(set) var findings: [Finding] = []
  /// Hosts whose lines are dated well after our clock, in order of their names.
  public var skews: [ClockSkew] {
    ahead.map { ClockSkew(host: $0.key, milliseconds: $0.value) }.sorted { $0.host < $1.host }
  }

  let limits: ValidationLimits
  let now: Int
  var ahead: [String: Int] = [:]
  private var visited = 0
  private var visitedInUnit = 0

  /// Checks a tree against ours, nil for the empty one; `now` in milliseconds since 1970.
  ///
  /// Throws `StateError.refused` if it differs in too much, `.damaged` if objects are missing.
  public init(
    _ theirs: ObjectID, against ours: ObjectID?, limits: ValidationLimits = .sync, now: Int,
    in repository: borrowing Repository
  ) throws(StateError) {
    self.limits = limits
    self.now = now
    quarantine.rule = LineRule(
      latestTime: now + limits.futureMilliseconds, maximumBytes: limits.lineBytes)
    let isRead = try folder(theirs, against: ours, at: .root, path: [], depth: 0, in: repository)
    guard isRead, !quarantine.paths.contains([]) else {
      throw .refused(.notAState(reason: "\(findings.last.map { "\($0.reason)" } ?? "too large")"))
    }
  }

  /// Keeps a file or folder out.
  mutating func keepOut(_ path: [UInt8], _ reason: Finding.Reason) {
    findings.append(Finding(path: TreeJoiner.text(path), reason: reason))
    quarantine.keepOut(path)
    switch reason {
    // A folder that was not read may be anything.
    case .malformedFolder, .unreadable, .tooManyEntries(count: nil, _): quarantine.isTainted = true
    default: break
    }
  }

  /// Has the lines of a log looked at when it is joined.
  mutating func keepOutLines(of path: [UInt8], _ reason: Finding.Reason) {
    findings.append(Finding(path: TreeJoiner.text(path), reason: reason))
    quarantine.keepOutLines(of: path)
  }

  /// Checks a folder; false if it has more in it than one unit may have.
  private mutating func folder(
    _ theirs: ObjectID, against ours: ObjectID?, at place: Place, path: [UInt8], depth: Int,
    in repository: borrowing Repository
  ) throws(StateError) -> Bool {
    guard theirs != ours else { return true }
    guard let tree = try tree(theirs, path: path, in: repository) else { return true }
    var own = RawTree()
    if let ours { own = try TreeEditor.read(ours, in: repository) }
    for entry in tree.entries(notIn: own) {
      visited += 1
      visitedInUnit += 1
      guard visited <= limits.paths else { throw .refused(.tooManyPaths(limit: limits.paths)) }
      guard place.isAboveUnits || visitedInUnit <= limits.pathsPerRecord else { return false }
      let below = TreeJoiner.path(path, entry.name)
      if let reason = objection(to: entry, in: tree, or: own, at: place, depth: depth) {
        keepOut(below, reason)
        if StateName.isRefusedByGit(entry.name) { quarantine.isTainted = true }
      } else if entry.isTree {
        let before = own[entry.name].flatMap { $0.isTree ? $0.id : nil }
        let next = place.folder(entry.name)
        if place.isAboveUnits { visitedInUnit = 0 }
        let fits = try folder(
          entry.id, against: before, at: next, path: below, depth: depth + 1, in: repository)
        if !fits {
          guard place.isAboveUnits else { return false }
          keepOut(below, .tooManyPaths(limit: limits.pathsPerRecord))
        }
      } else {
        try file(entry, against: own, at: place, path: below, in: repository)
      }
    }
    return true
  }

  /// Reads a folder that is small enough and written as git writes it; nil if it is kept out.
  private mutating func tree(
    _ id: ObjectID, path: [UInt8], in repository: borrowing Repository
  ) throws(StateError) -> RawTree? {
    if id == Genesis.emptyTree { return RawTree() }
    guard let size = try size(of: id, .tree, path: path, in: repository) else { return nil }
    guard size <= limits.treeBytes else {
      keepOut(path, .tooManyEntries(count: nil, limit: limits.folderEntries))
      return nil
    }
    guard let bytes = read(id, .tree, path: path, in: repository) else { return nil }
    guard let tree = try? RawTree(bytes: bytes) else {
      keepOut(path, .malformedFolder)
      return nil
    }
    let entries = tree.entries
    guard entries.count <= limits.folderEntries else {
      keepOut(path, .tooManyEntries(count: entries.count, limit: limits.folderEntries))
      return nil
    }
    guard tree.isCanonical else {
      keepOut(path, .malformedFolder)
      return nil
    }
    return tree
  }

  /// What is wrong with an entry by itself; nil if nothing is.
  private func objection(
    to entry: RawTree.Entry, in tree: RawTree, or own: RawTree, at place: Place, depth: Int
  ) -> Finding.Reason? {
    guard StateName.isLegal(entry.name, at: place) else {
      let small = StateName.lowercased(entry.name)
      let others = [small, StateName.readMe].filter { $0 != entry.name }
      let clash = others.first {
        StateName.lowercased($0) == small && (tree[$0] != nil || own[$0] != nil)
      }
      return clash.map { .caseClash(with: TreeJoiner.text($0)) } ?? .name
    }
    guard entry.isTree || entry.isFile else { return .mode(entry.mode) }
    if let expected = place.expectsFolder(entry.name), expected != entry.isTree {
      return .wrongKind
    }
    if !place.admits(entry.name) { return .wrongKind }
    if depth + (entry.isTree ? 2 : 1) > limits.depth { return .tooDeep(limit: limits.depth) }
    return nil
  }
}

extension Place {
  /// True for folders whose sub-folders are checked each by itself.
  fileprivate var isAboveUnits: Bool {
    switch self {
    case .root, .collection, .shard: true
    case .meta, .record, .log, .other: false
    }
  }

  /// Whether the format has a folder (or a file) under a name; nil if it says nothing of it.
  fileprivate func expectsFolder(_ name: [UInt8]) -> Bool? {
    switch folder(name) {
    case .meta, .collection, .shard, .record, .log: return true
    case .root, .other: return rule(for: name) == .writeOnce ? nil : false
    }
  }

  /// False for a record's name in another record's shard.
  fileprivate func admits(_ name: [UInt8]) -> Bool {
    guard case .shard = self, RecordID(TreeJoiner.text(name)) != nil else { return true }
    return folder(name) != .other
  }
}
