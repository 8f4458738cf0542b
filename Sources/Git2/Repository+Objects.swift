internal import CGit2

/// An object's kind and bytes.
public struct RawObject: Sendable, Hashable {
  /// Its kind.
  public let kind: ObjectKind
  /// Its content, without the header.
  public let bytes: [UInt8]
}

extension Repository {
  /// Reads an object; nil if the repository does not have it.
  public func object(_ id: ObjectID) throws(GitError) -> RawObject? {
    var oid = id.oid
    let database = database.pointer
    guard
      let object = try Handle<RawObjectKind>(
        finding: "read object \(id)", { git_odb_read($0, database, &oid) })
    else { return nil }
    guard let kind = ObjectKind(git_odb_object_type(object.pointer)) else { return nil }
    let count = git_odb_object_size(object.pointer)
    let bytes = UnsafeRawBufferPointer(start: git_odb_object_data(object.pointer), count: count)
    return RawObject(kind: kind, bytes: Array(bytes))
  }

  /// The bytes of an object that must exist and be of a kind; throws `GitError` otherwise.
  public func bytes(of id: ObjectID, _ kind: ObjectKind) throws(GitError) -> [UInt8] {
    guard let object = try object(id) else {
      throw GitError(
        code: .notFound, operation: "read \(kind.name) \(id)", message: "it is missing")
    }
    guard object.kind == kind else {
      throw GitError(
        code: .other(-1), operation: "read \(kind.name) \(id)",
        message: "it is a \(object.kind.name)")
    }
    return object.bytes
  }

  /// An object's kind and size in bytes without reading its content; nil if it is missing.
  public func header(of id: ObjectID) throws(GitError) -> (kind: ObjectKind, size: Int)? {
    var oid = id.oid
    var size = 0
    var type = GIT_OBJECT_INVALID
    let status = git_odb_read_header(&size, &type, database.pointer, &oid)
    guard try checkFound(status, "read the header of \(id)"), let kind = ObjectKind(type) else {
      return nil
    }
    return (kind, size)
  }

  /// True if the repository has the object.
  public func contains(_ id: ObjectID) -> Bool {
    var oid = id.oid
    return git_odb_exists(database.pointer, &oid) == 1
  }

  /// Looks again for packs that other processes have written.
  public func refreshObjects() throws(GitError) {
    try check(git_odb_refresh(database.pointer), "refresh the object database")
  }

  /// Writes an object as a loose file, synced to disk; returns its id.
  ///
  /// A user's `git gc` removes empty folders of objects at any moment, also between libgit2's making of one
  /// and its writing into it: the write is then tried again.
  @discardableResult
  public func write(_ bytes: [UInt8], _ kind: ObjectKind) throws(GitError) -> ObjectID {
    var oid = git_oid()
    for number in 1...Self.maximumWrites {
      let status = bytes.withUnsafeBytes { buffer in
        git_odb_write(&oid, database.pointer, buffer.baseAddress, buffer.count, kind.type)
      }
      if status >= 0 { break }
      if number == Self.maximumWrites { try check(status, "write a \(kind.name)") }
    }
    return ObjectID(oid)
  }

  /// How often an object is tried to be written.
  private static let maximumWrites = 5

  /// The id that an object of these bytes has, without writing it.
  public static func id(of bytes: [UInt8], _ kind: ObjectKind) throws(GitError) -> ObjectID {
    var oid = git_oid()
    let status = bytes.withUnsafeBytes { buffer in
      git_odb_hash(&oid, buffer.baseAddress, buffer.count, kind.type)
    }
    try check(status, "hash a \(kind.name)")
    return ObjectID(oid)
  }

  /// What a commit says.
  public func commit(_ id: ObjectID) throws(GitError) -> CommitInfo {
    var oid = id.oid
    let raw = raw
    let commit = try Handle<CommitKind>("read commit \(id)") {
      git_commit_lookup($0, raw, &oid)
    }
    let pointer = commit.pointer
    let parents = (0..<git_commit_parentcount(pointer)).compactMap { index in
      git_commit_parent_id(pointer, index).map { ObjectID($0.pointee) }
    }
    let info = CommitInfo(
      id: id, tree: ObjectID(git_commit_tree_id(pointer).pointee), parents: parents,
      author: Signature(git_commit_author(pointer)),
      committer: Signature(git_commit_committer(pointer)),
      message: Self.message(of: pointer))
    commit.end()
    return info
  }

  /// The message as text: UTF-8, or what its header says, of which Latin-1 is known.
  private static func message(of commit: OpaquePointer) -> String {
    let encoding = git_commit_message_encoding(commit).map { String(cString: $0).lowercased() }
    guard ["iso-8859-1", "iso8859-1", "latin-1", "latin1"].contains(encoding ?? "") else {
      return String(cString: git_commit_message(commit))
    }
    var text = ""
    var next = git_commit_message(commit)
    while let byte = next?.pointee, byte != 0 {
      text.unicodeScalars.append(Unicode.Scalar(UInt8(bitPattern: byte)))
      next = next?.successor()
    }
    return text
  }

  /// The entry at a path below a tree; nil if there is none.
  public func entry(
    _ path: ArraySlice<[UInt8]>, in tree: ObjectID
  ) throws(GitError) -> RawTree.Entry? {
    guard let name = path.first,
      let entry = try RawTree(bytes: bytes(of: tree, .tree))[name]
    else { return nil }
    if path.count == 1 { return entry }
    return entry.isTree ? try self.entry(path.dropFirst(), in: entry.id) : nil
  }
}
