public import Git2

/// Merges heads without a checkout.
public enum InMemoryMerge {
  /// The tree of both heads' changes since their common ancestor, or why there is none.
  ///
  /// A conflict that `resolutions` knows in all its files is settled so.
  public static func tree(
    base: ObjectID, branch: ObjectID, resolutions: ResolutionStore = ResolutionStore(),
    in repository: borrowing Repository
  ) throws(WorktreeError) -> Result<ObjectID, MergeConflict> {
    try translating { () throws -> Result<ObjectID, MergeConflict> in
      var objects = MergeObjects()
      let merge = try TreeMerge(configuredIn: repository)
      let verdict = try merged(base, branch, merge, resolutions, &objects, in: repository)
      if case .success = verdict { try objects.write(into: repository) }
      return verdict
    }
  }

  /// What merging each pair of heads would come to; nothing is written.
  public static func previews(
    _ pairs: [(base: ObjectID, branch: ObjectID)], in repository: borrowing Repository
  ) throws(WorktreeError) -> [Result<ObjectID, MergeConflict>] {
    try translating { () throws -> [Result<ObjectID, MergeConflict>] in
      var objects = MergeObjects()
      let merge = try TreeMerge(configuredIn: repository)
      var verdicts: [Result<ObjectID, MergeConflict>] = []
      for pair in pairs {
        verdicts.append(
          try merged(
            pair.base, pair.branch, merge, ResolutionStore(), &objects, in: repository))
      }
      return verdicts
    }
  }

  private static func merged(
    _ base: ObjectID, _ branch: ObjectID, _ merge: TreeMerge, _ known: ResolutionStore,
    _ objects: inout MergeObjects, in repository: borrowing Repository
  ) throws -> Result<ObjectID, MergeConflict> {
    let ours = try objects.header(of: base, in: repository).tree
    let theirs = try objects.header(of: branch, in: repository).tree
    let ancestor = try merge.ancestor(of: base, branch, &objects, in: repository)
    guard ancestor.unclear.isEmpty else {
      return .failure(MergeConflict(ancestor.unclear, merge.files.style))
    }
    let merged = try merge.merge(
      ancestor: ancestor.tree, ours: ours, theirs: theirs, &objects, in: repository)
    if merged.conflicts.isEmpty { return .success(merged.tree) }
    if let settled = try known.settled(merged, merge.files.style, &objects, in: repository) {
      return .success(settled.tree)
    }
    return .failure(MergeConflict(merged.conflicts, merge.files.style))
  }

  /// Writes a commit object and moves no reference.
  public static func commit(
    _ text: CommitText, in repository: borrowing Repository
  ) throws(WorktreeError) -> ObjectID {
    try translating {
      var pack = PackWriter()
      let id = try pack.add(text.bytes, .commit)
      try pack.write(into: repository.commonDirectory + "/objects")
      return id
    }
  }
}

/// Two heads that cannot be merged without a decision.
public struct MergeConflict: Error, Sendable, Hashable {
  /// Where and why.
  public let report: ConflictReport

  fileprivate init(_ conflicts: [MergeConflictEntry], _ style: ConflictStyle) {
    let files = conflicts.map { ConflictFile($0, style: style) }
    report = ConflictReport(commit: nil, subject: "", files: files)
  }
}

extension TreeMerge {
  /// A merge as the repository's configuration asks for it.
  init(configuredIn repository: borrowing Repository) throws {
    let mode = try repository.configurationText("merge.directoryrenames")?.lowercased()
    if ["false", "no", "off", "0"].contains(mode) { folderRenames = .ignore }
    files.attributes = try MergeAttributes(configuredIn: repository)
    // The one for merges wins over the one for all differences; git takes its own limit for what is not positive.
    for key in ["merge.renamelimit", "diff.renamelimit"] {
      guard let limit = try repository.configurationText(key).flatMap({ Int($0) }) else { continue }
      if limit > 0 { renameLimit = limit }
      break
    }
  }
}
