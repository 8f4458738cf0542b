public import Git2

/// How a file's conflict was settled, and where.
public struct LearnedResolution: Sendable, Hashable {
  /// The file.
  public let path: String
  /// The conflict and its end.
  public let resolution: Resolution
}

/// What the commits say that brought a branch onto another base.
public struct ResolutionFindings: Sendable, Hashable {
  /// The conflicts of lines that were settled, in the order in which they came.
  public var learned: [LearnedResolution] = []
  /// The new commit of each old one that was found again.
  public var mapping: [ObjectID: ObjectID] = [:]

  /// Nothing found yet.
  public init() {}
}

extension ResolutionStore {
  /// Reads off the commits how somebody settled the conflicts of `head` with `onto`, and learns it.
  ///
  /// `resolved` is the branch afterwards, whether it was rebased or the base was merged in. Nothing is
  /// written, and nothing needs to have been noted while the conflict was settled: it is merged once more
  /// and compared. What cannot be told apart is not learned.
  public mutating func learn(
    from head: ObjectID, to resolved: ObjectID, onto: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) -> ResolutionFindings {
    var learner = ResolutionLearner(known: self)
    let findings = try translating { () throws -> ResolutionFindings in
      try learner.learn(from: head, to: resolved, onto: onto, in: repository)
      return learner.findings
    }
    self = learner.known
    return findings
  }
}

/// Compares conflicts, merged once more, with the commits that settled them.
struct ResolutionLearner {
  /// The most conflicts of one branch that are looked at.
  static let maximumConflicts = 100

  private(set) var known: ResolutionStore
  private(set) var findings = ResolutionFindings()
  private var commits: [ObjectID] = []
  private var resolved = ObjectID.zero

  init(known: ResolutionStore) { self.known = known }

  mutating func learn(
    from head: ObjectID, to resolved: ObjectID, onto: ObjectID, in repository: borrowing Repository
  ) throws {
    var rebase = BranchRebase(
      onto: onto, committer: Signature(name: "orch", email: "orch@localhost", seconds: 0))
    rebase.merge = try TreeMerge(configuredIn: repository)
    self.resolved = resolved
    commits = try BranchCommits.list(
      head: resolved, notIn: [onto], &rebase.objects, in: repository)
    for commit in commits { try learn(fromMerge: commit, &rebase, in: repository) }
    if try repository.contains(head, inHistoryOf: resolved) { return }
    try noteCounterparts(of: head, notIn: onto, &rebase, in: repository)
    try learnFromRebase(of: head, onto: onto, &rebase, in: repository)
  }

  private mutating func learn(
    fromMerge commit: ObjectID, _ rebase: inout BranchRebase, in repository: borrowing Repository
  ) throws {
    let header = try rebase.objects.header(of: commit, in: repository)
    guard header.parents.count == 2 else { return }
    let ancestor = try rebase.merge.ancestor(
      of: header.parents[0], header.parents[1], &rebase.objects, in: repository)
    guard ancestor.unclear.isEmpty else { return }
    let trees = try header.parents.map { try rebase.objects.header(of: $0, in: repository).tree }
    let merged = try rebase.merge.merge(
      ancestor: ancestor.tree, ours: trees[0], theirs: trees[1], &rebase.objects, in: repository)
    for conflict in merged.conflicts {
      try note(conflict, resolvedIn: header.tree, &rebase, in: repository)
    }
  }

  /// Old and new commits belong together if author, date and subject are the same.
  private mutating func noteCounterparts(
    of head: ObjectID, notIn onto: ObjectID, _ rebase: inout BranchRebase,
    in repository: borrowing Repository
  ) throws {
    struct Origin: Hashable {
      let author: [UInt8]
      let subject: String
    }
    var found: [Origin: [ObjectID]] = [:]
    for id in commits {
      let text = try rebase.objects.commit(id, in: repository)
      found[Origin(author: text.author, subject: text.subject), default: []].append(id)
    }
    for id in try BranchCommits.list(head: head, notIn: [onto], &rebase.objects, in: repository) {
      let text = try rebase.objects.commit(id, in: repository)
      let origin = Origin(author: text.author, subject: text.subject)
      guard let new = found[origin]?.first else { continue }
      found[origin]?.removeFirst()
      findings.mapping[id] = new
    }
  }

  private mutating func learnFromRebase(
    of head: ObjectID, onto: ObjectID, _ rebase: inout BranchRebase,
    in repository: borrowing Repository
  ) throws {
    for _ in 0..<Self.maximumConflicts {
      rebase.resolutions = known
      guard case .conflict(let report) = try rebase.rebase(head, upstream: onto, in: repository),
        let commit = report.commit, let tip = report.tip
      else { return }
      let header = try rebase.objects.header(of: commit, in: repository)
      let before = try header.parents.first.map {
        try rebase.objects.header(of: $0, in: repository).tree
      }
      let merged = try rebase.merge.merge(
        ancestor: before, ours: rebase.objects.header(of: tip, in: repository).tree,
        theirs: header.tree, &rebase.objects, in: repository)
      let count = findings.learned.count
      for conflict in merged.conflicts {
        let isLast = try !isTouched(conflict.path, by: report.remaining, &rebase, in: repository)
        // Nothing of the branch changes the file later: what stands at the end is what was meant.
        guard let place = isLast ? resolved : findings.mapping[commit] else { continue }
        let tree = try rebase.objects.header(of: place, in: repository).tree
        try note(conflict, resolvedIn: tree, &rebase, in: repository)
      }
      if findings.learned.count == count { return }
    }
  }

  private func isTouched(
    _ path: [UInt8], by commits: [ObjectID], _ rebase: inout BranchRebase,
    in repository: borrowing Repository
  ) throws -> Bool {
    for id in commits {
      let header = try rebase.objects.header(of: id, in: repository)
      let before = try header.parents.first.map {
        try rebase.objects.header(of: $0, in: repository).tree
      }
      let change = try PatchIdentity(
        from: before, to: header.tree, &rebase.objects, in: repository)
      if change.changes.contains(where: { $0.path == path }) { return true }
    }
    return false
  }

  private mutating func note(
    _ conflict: MergeConflictEntry, resolvedIn tree: ObjectID, _ rebase: inout BranchRebase,
    in repository: borrowing Repository
  ) throws {
    guard let lines = conflict.lines, conflict.isOfLines,
      let file = try rebase.objects.file(conflict.path, in: tree, repository), file.isRegular
    else { return }
    let before = lines.text(rebase.merge.files.style)
    let after = try rebase.objects.blob(file.id, in: repository)
    guard try known.resolve(before) != after,
      let resolution = known.learn(conflicted: before, resolved: after)
    else { return }
    findings.learned.append(
      LearnedResolution(
        path: String(decoding: conflict.path, as: UTF8.self), resolution: resolution))
  }
}

extension MergeObjects {
  /// The file at a path of a tree; nil if there is none.
  mutating func file(
    _ path: [UInt8], in tree: ObjectID, _ repository: borrowing Repository
  ) throws -> FileVersion? {
    var tree = tree
    let parts = path.split(separator: 0x2F).map(Array.init)
    for (index, part) in parts.enumerated() {
      guard let entry = try self.tree(tree, in: repository)[part] else { return nil }
      if index == parts.count - 1 { return entry.isTree ? nil : FileVersion(entry) }
      guard entry.isTree else { return nil }
      tree = entry.id
    }
    return nil
  }
}
