internal import Git2

/// Brings branches onto one base; what they have in common is read and written once.
struct BranchRebase {
  let onto: ObjectID
  let committer: Signature
  var merge = TreeMerge()
  /// Resolutions that may be used again.
  var resolutions = ResolutionStore()
  var objects = MergeObjects()
  private var baseChanges: [ObjectID?: BaseChanges] = [:]

  init(onto: ObjectID, committer: Signature) {
    self.onto = onto
    self.committer = committer
  }

  /// A branch on its way.
  private struct Progress {
    var tip: ObjectID
    var tree: ObjectID
    var mapping: [ObjectID: ObjectID] = [:]
    var dropped: [ObjectID] = []
    var reused: [ReusedResolution] = []
    var unsigned: Set<ObjectID> = []
  }

  /// Brings the commits that `head` has, and neither `upstream` nor the base, onto the base.
  mutating func rebase(
    _ head: ObjectID, upstream: ObjectID, in repository: borrowing Repository
  ) throws -> RebaseVerdict {
    let commits = try BranchCommits.list(
      head: head, notIn: upstream == onto ? [onto] : [upstream, onto], &objects, in: repository)
    let ancestor = try repository.mergeBase(head, upstream)
    var progress = Progress(
      tip: onto, tree: try objects.header(of: onto, in: repository).tree)
    for (index, id) in commits.enumerated() {
      guard
        let conflict = try pick(
          id, &progress, ancestor: ancestor, upstream: upstream, in: repository)
      else { continue }
      return .conflict(
        try report(
          conflict, at: index, of: commits, progress, ancestor: ancestor, upstream: upstream,
          in: repository))
    }
    return .clean(
      RebasedBranch(
        head: progress.tip, mapping: progress.mapping, dropped: progress.dropped,
        reused: progress.reused, unsigned: progress.unsigned))
  }

  /// Puts one commit on top; what does not fit, if anything.
  private mutating func pick(
    _ id: ObjectID, _ progress: inout Progress, ancestor: ObjectID?, upstream: ObjectID,
    in repository: borrowing Repository
  ) throws -> [MergeConflictEntry]? {
    let header = try objects.header(of: id, in: repository)
    guard header.parents.count < 2 else { return nil }
    if header.parents.first == progress.tip {
      (progress.tip, progress.tree) = (id, header.tree)
      progress.mapping[id] = id
      return nil
    }
    let before = try header.parents.first.map { try objects.header(of: $0, in: repository).tree }
    if try isKnown(id, header, before, ancestor, upstream, in: repository) {
      progress.dropped.append(id)
      return nil
    }
    var merged = try merge.merge(
      ancestor: before, ours: progress.tree, theirs: header.tree, &objects, in: repository)
    if !merged.conflicts.isEmpty {
      guard
        let settled = try resolutions.settled(merged, merge.files.style, &objects, in: repository)
      else { return merged.conflicts }
      progress.reused += merged.conflicts.map {
        ReusedResolution(commit: id, path: String(decoding: $0.path, as: UTF8.self))
      }
      merged = settled
    }
    let wasEmpty = try header.tree == (before ?? objects.emptyTree())
    if merged.tree == progress.tree, !wasEmpty {
      progress.dropped.append(id)
      return nil
    }
    var text = try objects.commit(id, in: repository)
    text.tree = merged.tree
    text.parents = [progress.tip]
    text.committer = Array(committer.headerText.utf8)
    progress.tip = try objects.add(commit: text.bytes)
    progress.tree = merged.tree
    progress.mapping[id] = progress.tip
    if text.isSigned { progress.unsigned.insert(progress.tip) }
    return nil
  }

  /// True if the base has a commit that makes the same change.
  private mutating func isKnown(
    _ id: ObjectID, _ header: CommitHeader, _ before: ObjectID?, _ ancestor: ObjectID?,
    _ upstream: ObjectID, in repository: borrowing Repository
  ) throws -> Bool {
    guard header.tree != before else { return false }
    var known = try changes(since: ancestor, upstream, in: repository)
    let change = try PatchIdentity(from: before, to: header.tree, &objects, in: repository)
    let isKnown = try known.contain(change, objects, in: repository)
    baseChanges[ancestor] = known
    return isKnown
  }

  private mutating func changes(
    since ancestor: ObjectID?, _ upstream: ObjectID, in repository: borrowing Repository
  ) throws -> BaseChanges {
    if let known = baseChanges[ancestor] { return known }
    let changes = try BaseChanges(from: ancestor, onto: upstream, &objects, in: repository)
    baseChanges[ancestor] = changes
    return changes
  }

  private mutating func report(
    _ conflict: [MergeConflictEntry], at index: Int, of commits: [ObjectID],
    _ progress: Progress, ancestor: ObjectID?, upstream: ObjectID,
    in repository: borrowing Repository
  ) throws -> ConflictReport {
    let files = try described(conflict, ancestor: ancestor, upstream: upstream, in: repository)
    let subject = try objects.commit(commits[index], in: repository).subject
    var remaining: [ObjectID] = []
    for id in commits[(index + 1)...]
    where try objects.header(of: id, in: repository).parents.count < 2 {
      remaining.append(id)
    }
    return ConflictReport(
      commit: commits[index], subject: subject, files: files, tip: progress.tip,
      done: commits[..<index].filter { progress.mapping[$0] != nil }, mapping: progress.mapping,
      remaining: remaining)
  }

  /// The conflicts with the commits of the base that took part in them.
  private mutating func described(
    _ entries: [MergeConflictEntry], ancestor: ObjectID?, upstream: ObjectID,
    in repository: borrowing Repository
  ) throws -> [ConflictFile] {
    let known = try changes(since: ancestor, upstream, in: repository)
    return entries.map { entry in
      var file = ConflictFile(entry, style: merge.files.style)
      let state = entry.state
      file.baseCommits = known.touching(
        Set([entry.path, state.basePath, state.oursPath, state.theirsPath].compactMap { $0 }))
      return file
    }
  }
}

extension CommitText {
  /// The message's first line.
  var subject: String {
    String(decoding: message.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
  }
}
