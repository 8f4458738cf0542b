extension Notes {
  /// The most folders and notes that one join looks at: those in which two trees differ.
  static let maximumEntries = 1_000_000
  /// The largest note that is joined, in bytes.
  static let maximumNoteBytes = 1 << 20
  /// The largest folder that is read, in bytes.
  static let maximumFolderBytes = 64 << 20
  /// The most bytes of notes in which two trees differ.
  static let maximumBytes = 512 << 20

  /// What is wrong with a commit of notes that someone else may have made; nil if it may be joined.
  ///
  /// Only what differs from `ours` is looked at, and sizes come before contents. Throws `GitError` if
  /// objects are missing.
  public static func problem(
    with theirs: ObjectID, against ours: ObjectID? = nil, in repository: borrowing Repository
  ) throws(GitError) -> String? {
    guard let header = try repository.header(of: theirs) else {
      throw GitError(code: .notFound, operation: "read notes", message: "\(theirs) is missing")
    }
    guard header.kind == .commit else { return "it is a \(header.kind.name)" }
    guard header.size <= maximumNoteBytes else { return "its commit has \(header.size) bytes" }
    var check = NotesCheck()
    var own: ObjectID?
    if let ours, try repository.header(of: ours)?.kind == .commit {
      own = try repository.commit(ours).tree
    }
    return try check.folder(repository.commit(theirs).tree, against: own, "", in: repository)
  }
}

/// Walks what is new in a tree of notes, and stops at the first thing that notes cannot have.
private struct NotesCheck {
  private var entries = 0
  private var bytes = 0

  mutating func folder(
    _ theirs: ObjectID, against ours: ObjectID?, _ digits: String,
    in repository: borrowing Repository
  ) throws(GitError) -> String? {
    guard theirs != ours, theirs != Self.emptyTree else { return nil }
    let size: Int
    switch try measure(theirs, .tree, in: repository) {
    case .failure(let problem): return problem.text
    case .success(let found): size = found
    }
    guard size <= Notes.maximumFolderBytes else { return "a folder of \(size) bytes" }
    guard let content = try? repository.bytes(ofUntrusted: theirs, .tree),
      let tree = try? RawTree(bytes: content)
    else { return "a folder that cannot be read" }
    var own = RawTree()
    if let ours, ours != Self.emptyTree, let known = try? repository.bytes(of: ours, .tree) {
      own = (try? RawTree(bytes: known)) ?? own
    }
    for entry in tree.entries(notIn: own) {
      entries += 1
      guard entries <= Notes.maximumEntries else {
        return "more than \(Notes.maximumEntries) notes"
      }
      // A note is named by the object that it is on, all its digits or split over folders of two.
      let name = digits + entry.text
      guard name.utf8.count == 40 || entry.isTree && name.utf8.count == digits.utf8.count + 2,
        name.utf8.count <= 40, name.utf8.allSatisfy(Self.isDigit)
      else { return "'\(name)' is no note" }
      let below = own[entry.name]
      let problem =
        entry.isTree
        ? try folder(
          entry.id, against: below?.isTree == true ? below?.id : nil, name, in: repository)
        : try file(entry, in: repository)
      if let problem { return problem }
    }
    return nil
  }

  private mutating func file(
    _ entry: RawTree.Entry, in repository: borrowing Repository
  ) throws(GitError) -> String? {
    guard entry.mode == RawTree.fileMode else {
      return "an entry of mode \(String(entry.mode, radix: 8))"
    }
    switch try measure(entry.id, .blob, in: repository) {
    case .failure(let problem): return problem.text
    case .success(let size):
      bytes += size
      if size > Notes.maximumNoteBytes { return "a note of \(size) bytes" }
      return bytes > Notes.maximumBytes ? "more than \(Notes.maximumBytes) bytes" : nil
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  private struct Problem: Error { let text: String }

  private func measure(
    _ id: ObjectID, _ kind: ObjectKind, in repository: borrowing Repository
  ) throws(GitError) -> Result<Int, Problem> {
    guard let header = try repository.header(of: id) else {
      return .failure(Problem(text: "\(id.short()) is missing"))
    }
    guard header.kind == kind else {
      return .failure(Problem(text: "a \(header.kind.name) in the place of a \(kind.name)"))
    }
    return .success(header.size)
  }

  private static let emptyTree = ObjectID(hex: "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
}
