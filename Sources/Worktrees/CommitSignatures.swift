public import Git2

/// Looks at the signatures of a branch's commits.
public enum CommitSignatures {
  /// The commits of a branch that nobody has signed and that no signed one is made of, parents first.
  ///
  /// Those that one of `published` has are left out. What a signed commit is made of stays as it is: whoever
  /// signed it meant just that.
  public static func missing(
    in head: ObjectID, notIn published: [ObjectID], in repository: borrowing Repository
  ) throws(WorktreeError) -> [ObjectID] {
    try translating {
      let commits = try repository.commits(notIn: published, to: head)
      let signed = try standing(commits, in: repository)
      return commits.filter { !signed.contains($0) }
    }
  }

  /// The new commits without a signature of which the old ones have one; `mapping` leads from the old to the new.
  public static func lost(
    in mapping: [ObjectID: ObjectID], in repository: borrowing Repository
  ) throws(WorktreeError) -> Set<ObjectID> {
    try translating {
      var found: Set<ObjectID> = []
      for (old, new) in mapping where old != new && repository.contains(old) {
        let texts = try [old, new].map { CommitText(bytes: try repository.bytes(of: $0, .commit)) }
        if texts[0]?.isSigned == true, texts[1]?.isSigned == false { found.insert(new) }
      }
      return found
    }
  }

  /// The signed ones of commits, parents first, and those of which a signed one is made.
  static func standing(
    _ commits: [ObjectID], in repository: borrowing Repository
  ) throws -> Set<ObjectID> {
    var found: Set<ObjectID> = []
    for id in commits.reversed() {
      guard let text = CommitText(bytes: try repository.bytes(of: id, .commit)) else { continue }
      guard text.isSigned || found.contains(id) else { continue }
      found.insert(id)
      found.formUnion(text.parents)
    }
    return found
  }

  /// True if two heads say the same on top of a commit: trees, authors, messages and times are those of the other;
  /// signatures and committers' names do not count.
  ///
  /// Not every program makes the same signature twice, so that a commit that is made again may have another id.
  public static func isSame(
    _ one: ObjectID, _ other: ObjectID, since onto: ObjectID, in repository: borrowing Repository
  ) throws(WorktreeError) -> Bool {
    if one == other { return true }
    return try translating {
      try plain(one, since: onto, in: repository) == plain(other, since: onto, in: repository)
    }
  }

  /// The id that a head would have if nobody had signed, and one and the same had committed, what is on top of a commit.
  private static func plain(
    _ head: ObjectID, since onto: ObjectID, in repository: borrowing Repository
  ) throws -> ObjectID {
    var plain: [ObjectID: ObjectID] = [:]
    for id in try repository.commits(from: onto, to: head) {
      guard var text = CommitText(bytes: try repository.bytes(of: id, .commit)) else { continue }
      text.parents = text.parents.map { plain[$0] ?? $0 }
      text.setCommitter(name: "", email: "")
      plain[id] = try Repository.id(of: text.bytes, .commit)
    }
    return plain[head] ?? head
  }
}
