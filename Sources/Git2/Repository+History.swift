internal import CGit2

extension Repository {
  /// True for a clone that has left objects at its remote (`git clone --filter`).
  public var isPartialClone: Bool {
    get throws(GitError) {
      try configurationEntries(prefix: "remote.").contains {
        $0.name.hasSuffix(".promisor") && $0.value == "true"
      }
    }
  }

  /// The best common ancestor of two commits; nil if they have none.
  public func mergeBase(_ one: ObjectID, _ other: ObjectID) throws(GitError) -> ObjectID? {
    if isShallow { return try shallowMergeBase(one, other) }
    var result = git_oid()
    var first = one.oid
    var second = other.oid
    let status = git_merge_base(&result, raw, &first, &second)
    return try checkFound(status, "find a common ancestor of \(one) and \(other)")
      ? ObjectID(result) : nil
  }

  /// All best common ancestors of a commit and a merge of others, newest first; more than one after merges both ways.
  ///
  /// In a shallow repository it is one at most.
  public func mergeBases(
    of one: ObjectID, andMergeOf others: [ObjectID]
  ) throws(GitError) -> [ObjectID] {
    if isShallow, let other = others.first {
      return try shallowMergeBase(one, other).map { [$0] } ?? []
    }
    var found = git_oidarray()
    defer { git_oidarray_dispose(&found) }
    let commits = ([one] + others).map(\.oid)
    let status = git_merge_bases_many(&found, raw, commits.count, commits)
    guard try checkFound(status, "find the common ancestors of \(one)") else { return [] }
    return (0..<found.count).compactMap { index in found.ids.map { ObjectID($0[index]) } }
  }

  /// True if `ancestor` is `commit` or one of its ancestors.
  public func contains(
    _ ancestor: ObjectID, inHistoryOf commit: ObjectID
  ) throws(GitError) -> Bool {
    if ancestor == commit { return true }
    return try mergeBase(ancestor, commit) == ancestor
  }

  /// The commits that `head` has and `base` has not, parents before children.
  ///
  /// Throws `GitError` if there are more than `limit`.
  public func commits(
    from base: ObjectID?, to head: ObjectID, limit: Int = 10_000
  ) throws(GitError) -> [ObjectID] {
    try commits(notIn: base.map { [$0] } ?? [], to: head, limit: limit)
  }

  /// The commits that `head` has and none of `others` has, parents before children.
  public func commits(
    notIn others: [ObjectID], to head: ObjectID, limit: Int = 10_000
  ) throws(GitError) -> [ObjectID] {
    if isShallow { return try shallowCommits(notIn: others, to: head, limit: limit) }
    let raw = raw
    let walk = try Handle<WalkKind>("walk the history of \(head)") { git_revwalk_new($0, raw) }
    let pointer = walk.pointer
    try check(
      git_revwalk_sorting(pointer, GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_REVERSE.rawValue),
      "sort the history of \(head)")
    var start = head.oid
    try check(git_revwalk_push(pointer, &start), "walk the history of \(head)")
    for other in others {
      var hidden = other.oid
      try check(git_revwalk_hide(pointer, &hidden), "leave out the history of \(other)")
    }
    var result: [ObjectID] = []
    var next = git_oid()
    while true {
      let status = git_revwalk_next(&next, pointer)
      if status == GIT_ITEROVER.rawValue { break }
      try check(status, "walk the history of \(head)")
      result.append(ObjectID(next))
      guard result.count <= limit else {
        throw GitError(
          code: .other(-1), operation: "walk the history of \(head)",
          message: "more than \(limit) commits")
      }
    }
    git_error_clear()
    walk.end()
    return result
  }

  /// Which commit last changed each line of a file, as runs of lines from 1.
  public func blame(
    _ path: String, at commit: ObjectID? = nil
  ) throws(GitError) -> [BlameRun] {
    var options = git_blame_options()
    try check(
      git_blame_options_init(&options, UInt32(GIT_BLAME_OPTIONS_VERSION)), "prepare a blame")
    if let commit { options.newest_commit = commit.oid }
    let raw = raw
    let blame = try Handle<BlameKind>("find out who changed '\(path)'") {
      git_blame_file($0, raw, path, &options)
    }
    return (0..<git_blame_get_hunk_count(blame.pointer)).compactMap { index in
      guard let hunk = git_blame_get_hunk_byindex(blame.pointer, index) else { return nil }
      return BlameRun(
        commit: ObjectID(hunk.pointee.final_commit_id),
        firstLine: Int(hunk.pointee.final_start_line_number),
        lineCount: Int(hunk.pointee.lines_in_hunk))
    }
  }
}

/// Lines of a file that one commit last changed.
public struct BlameRun: Sendable, Hashable {
  /// The commit.
  public let commit: ObjectID
  /// The first line, from 1.
  public let firstLine: Int
  /// The number of lines.
  public let lineCount: Int
}

enum BlameKind: HandleKind {
  static func free(_ pointer: OpaquePointer) { git_blame_free(pointer) }
}
