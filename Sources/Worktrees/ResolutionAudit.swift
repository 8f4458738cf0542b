public import Git2

/// One change that a side made, which a resolution has to account for.
public struct SideHunk: Sendable, Hashable {
  /// Who made a change.
  public enum Side: String, Sendable, Hashable {
    /// The side that the change is brought onto.
    case base
    /// The change.
    case branch
  }

  /// Who made it.
  public let side: Side
  /// The file, as that side calls it.
  public let path: String
  /// The lines of that side's version, counted from 1; empty where lines were only removed, and for
  /// changes of whole files.
  public let lines: Range<Int>
  /// What was removed.
  public let removed: String
  /// What was added.
  public let added: String

  /// The name by which a resolution gives it up, as in `base:src/main.c:12-14`.
  public var name: String {
    if lines.lowerBound == 0 { return "\(side.rawValue):\(path)" }
    let last = max(lines.lowerBound, lines.upperBound - 1)
    let range = last == lines.lowerBound ? "\(last)" : "\(lines.lowerBound)-\(last)"
    return "\(side.rawValue):\(path):\(range)"
  }
}

/// What became of a change in a resolution.
public enum HunkFate: Sendable, Hashable {
  /// It is where it belongs.
  case present
  /// It is somewhere else.
  case moved(to: String)
  /// It was given up by name.
  case givenUp(reason: String)
  /// It is gone: neither there nor given up.
  case missing
  /// What it removed is back.
  case reverted
  /// It is there more often than the sides have it.
  case duplicated
}

/// An account of every change of both sides after a conflict was resolved.
public struct ResolutionAudit: Sendable, Hashable {
  /// A change and what became of it.
  public struct Entry: Sendable, Hashable {
    /// The change.
    public let hunk: SideHunk
    /// What became of it.
    public let fate: HunkFate
  }

  /// A conflict marker that was left.
  public struct Marker: Sendable, Hashable {
    /// The file.
    public let path: String
    /// The line, counted from 1.
    public let line: Int
  }

  /// Every change of the files that were not merged by themselves.
  public let entries: [Entry]
  /// Markers that were left.
  public let markers: [Marker]
  /// Names that were given up but name nothing.
  public let unknownNames: [String]

  /// Changes that nobody accounted for.
  public var problems: [Entry] {
    entries.filter { entry in
      switch entry.fate {
      case .missing, .reverted, .duplicated: true
      case .present, .moved, .givenUp: false
      }
    }
  }

  /// True if the resolution may be pushed.
  public var isComplete: Bool { problems.isEmpty && markers.isEmpty && unknownNames.isEmpty }
}

extension ResolutionAudit {
  /// Accounts for the changes of both sides in a resolved tree.
  ///
  /// The sides are the changes from `ancestor` to `ours` and to `theirs`, all commits; nil for the ancestor is what
  /// both have in common. Files that came
  /// out as the merge alone leaves them are not looked at. `givenUp` has a reason for each name.
  public static func audit(
    ancestor: ObjectID? = nil, ours: ObjectID, theirs: ObjectID, resolved: ObjectID,
    givenUp: [String: String] = [:], in repository: borrowing Repository
  ) throws(WorktreeError) -> ResolutionAudit {
    try translating { () throws -> ResolutionAudit in
      var objects = MergeObjects()
      let merge = try TreeMerge(configuredIn: repository)
      let before =
        try ancestor.map { try objects.header(of: $0, in: repository).tree }
        ?? merge.ancestor(of: ours, theirs, &objects, in: repository).tree
      let mine = try objects.header(of: ours, in: repository).tree
      let its = try objects.header(of: theirs, in: repository).tree
      let after = try objects.header(of: resolved, in: repository).tree
      let merged = try merge.merge(
        ancestor: before, ours: mine, theirs: its, &objects, in: repository)
      var accountant = HunkAccountant(
        ours: try PatchIdentity(from: before, to: mine, &objects, in: repository),
        theirs: try PatchIdentity(from: before, to: its, &objects, in: repository),
        resolution: try PatchIdentity(from: merged.tree, to: after, &objects, in: repository),
        conflicts: merged.conflicts, resolved: after)
      return try accountant.account(givenUp: givenUp, &objects, in: repository)
    }
  }
}
