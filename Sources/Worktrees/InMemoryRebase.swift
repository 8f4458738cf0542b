public import Git2

/// What came of bringing a branch onto another base.
public enum RebaseVerdict: Sendable, Hashable {
  /// It fits.
  case clean(RebasedBranch)
  /// A commit does not fit.
  case conflict(ConflictReport)
}

/// A branch on its new base; its objects are written, no reference was moved.
public struct RebasedBranch: Sendable, Hashable {
  /// The new head.
  public let head: ObjectID
  /// The new commit of each old one; dropped ones, whose change the base has already, are missing.
  public let mapping: [ObjectID: ObjectID]
  /// Commits that were left out because the base has their change already.
  public let dropped: [ObjectID]
  /// Conflicts that a known resolution settled: they are to be checked like any other resolution.
  public let reused: [ReusedResolution]
  /// New commits without a signature of which the old ones had one.
  public let unsigned: Set<ObjectID>

  /// All parts.
  public init(
    head: ObjectID, mapping: [ObjectID: ObjectID], dropped: [ObjectID] = [],
    reused: [ReusedResolution] = [], unsigned: Set<ObjectID> = []
  ) {
    self.head = head
    self.mapping = mapping
    self.dropped = dropped
    self.reused = reused
    self.unsigned = unsigned
  }

  /// The new commits: those that are not as they were.
  public var rewritten: Set<ObjectID> {
    var found = Set(mapping.filter { $0.key != $0.value }.values)
    if !mapping.values.contains(head), !mapping.isEmpty { found.insert(head) }
    return found
  }

  /// The same branch, with other commits in the place of some.
  public func replacing(_ replaced: [ObjectID: ObjectID]) -> RebasedBranch {
    RebasedBranch(
      head: replaced[head] ?? head, mapping: mapping.mapValues { replaced[$0] ?? $0 },
      dropped: dropped, reused: reused, unsigned: unsigned.subtracting(replaced.keys))
  }
}

/// A conflict that was settled as the same one was before.
public struct ReusedResolution: Sendable, Hashable {
  /// The branch's commit that did not fit.
  public let commit: ObjectID
  /// The file.
  public let path: String
}

/// Rebases without a checkout: merges raw trees and keeps new objects in memory until the end.
public enum InMemoryRebase {
  /// Brings the commits of a branch onto `onto`, as `git rebase` does.
  ///
  /// Author, dates, message and further headers are kept, as are commits that were empty; merge
  /// commits are left out; commits whose change is there already are dropped. `upstream` is where the
  /// branch began if that is not `onto`'s history, such as a base that was rewritten.
  public static func rebase(
    head: ObjectID, onto: ObjectID, upstream: ObjectID? = nil, committer: Signature,
    resolutions: ResolutionStore = ResolutionStore(), in repository: borrowing Repository
  ) throws(WorktreeError) -> RebaseVerdict {
    let verdicts = try rebase(
      heads: [head], onto: onto, upstream: upstream, committer: committer,
      resolutions: resolutions, in: repository)
    guard let verdict = verdicts.first else {
      throw .git(GitError(code: .other(-1), operation: "rebase \(head)", message: "no verdict"))
    }
    return verdict
  }

  /// Brings many branches onto one base; their new objects become one pack.
  ///
  /// The verdicts stand in the order of the heads; a conflict of one does not touch the others.
  /// Conflicts that `resolutions` knows in all their files are settled so.
  public static func rebase(
    heads: [ObjectID], onto: ObjectID, upstream: ObjectID? = nil, committer: Signature,
    resolutions: ResolutionStore = ResolutionStore(), in repository: borrowing Repository
  ) throws(WorktreeError) -> [RebaseVerdict] {
    let verdicts = try rebaseEach(
      heads: heads, onto: onto, upstream: upstream, committer: committer, resolutions: resolutions,
      in: repository)
    var found: [RebaseVerdict] = []
    for verdict in verdicts { found.append(try verdict.get()) }
    return found
  }

  /// Like `rebase` of many branches; one that cannot be read has an error in its place and ends nothing else.
  public static func rebaseEach(
    heads: [ObjectID], onto: ObjectID, upstream: ObjectID? = nil, committer: Signature,
    resolutions: ResolutionStore = ResolutionStore(), in repository: borrowing Repository
  ) throws(WorktreeError) -> [Result<RebaseVerdict, WorktreeError>] {
    var rebase = BranchRebase(onto: onto, committer: committer)
    rebase.resolutions = resolutions
    rebase.merge = try translating { try TreeMerge(configuredIn: repository) }
    var verdicts: [Result<RebaseVerdict, WorktreeError>] = []
    for head in heads {
      do throws(WorktreeError) {
        verdicts.append(
          .success(
            try translating { () throws -> RebaseVerdict in
              try rebase.rebase(head, upstream: upstream ?? onto, in: repository)
            }))
      } catch {
        verdicts.append(.failure(error))
      }
    }
    try translating { try rebase.objects.write(into: repository) }
    return verdicts
  }
}
