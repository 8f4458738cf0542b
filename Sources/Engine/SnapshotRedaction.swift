internal import Git2
internal import GitState

/// Makes of a checkpoint the commit that goes out, and remembers what it made.
struct SnapshotRedaction {
  /// The most objects that are remembered.
  static let maximumRemembered = 100_000
  /// The most folders above a folder, as everywhere where trees are walked.
  static let maximumDepth = 256
  /// The most files that a message names.
  static let maximumNamed = 20
  /// What the subject of a checkpoint of orch's own begins with.
  static let subjects = ["orch: work", "orch: what stood"]

  private static let linkMode: UInt32 = 0o120000

  private let path: String
  private let redact: @Sendable ([UInt8]) -> [UInt8]
  /// What goes out in the place of a checkpoint.
  private var made: [ObjectID: ObjectID] = [:]
  /// Files in which nothing was found.
  private var clean: Set<ObjectID> = []

  /// Checkpoints of the repository at a path; `redact` takes secrets out of a file's content.
  init(at path: String, redact: @escaping @Sendable ([UInt8]) -> [UInt8]) {
    self.path = path
    self.redact = redact
  }

  /// The commit that others get in a checkpoint's place: itself if nothing in it looks like a secret.
  ///
  /// Throws if an object cannot be read or written; nothing may go out then.
  mutating func commit(for checkpoint: ObjectID) throws -> ObjectID {
    if made.count + clean.count > Self.maximumRemembered {
      made = [:]
      clean = []
    }
    let repository = try Repository(at: path)
    if let known = made[checkpoint], repository.contains(known) { return known }
    // What was kept before is in the history of what is kept now: the oldest comes first.
    var waiting = [checkpoint]
    while let next = waiting.last {
      guard let text = try Self.checkpoint(next, in: repository) else {
        made[next] = next
        waiting.removeLast()
        continue
      }
      // A user's `git gc` may have removed what no reference led to.
      let older = text.parents.dropFirst().filter {
        guard let known = made[$0] else { return true }
        return !repository.contains(known)
      }
      if older.isEmpty {
        made[next] = try cleaned(next, text, in: repository)
        waiting.removeLast()
      } else {
        waiting += older
      }
    }
    return made[checkpoint] ?? checkpoint
  }

  /// The text of a commit that orch made of a worktree; nil for any other commit.
  private static func checkpoint(
    _ id: ObjectID, in repository: borrowing Repository
  ) throws -> CommitText? {
    let text = CommitText(bytes: try repository.bytes(of: id, .commit))
    guard let text, subjects.contains(where: { text.message.starts(with: $0.utf8) }) else {
      return nil
    }
    return text
  }

  private mutating func cleaned(
    _ id: ObjectID, _ text: CommitText, in repository: borrowing Repository
  ) throws -> ObjectID {
    let base = try text.parents.first.map { try repository.commit($0).tree }
    var found: [String] = []
    let tree = try folder(text.tree, beside: base, path: "", &found, in: repository)
    var result = text
    result.tree = try tree ?? repository.write([], .tree)
    result.parents = Array(text.parents.prefix(1)) + text.parents.dropFirst().map { made[$0] ?? $0 }
    guard result.tree != text.tree || result.parents != text.parents else { return id }
    if !found.isEmpty {
      let named = found.prefix(Self.maximumNamed).joined(separator: ", ")
      let more = found.count - Self.maximumNamed
      let others = more > 0 ? ", and \(more) more" : ""
      result.message += Array("\nTaken out, as it looks like a secret: \(named)\(others)\n".utf8)
    }
    return try repository.write(result.bytes, .commit)
  }

  /// A folder without what looks like a secret and is new in it; nil if nothing is left.
  private mutating func folder(
    _ id: ObjectID, beside base: ObjectID?, path: String, depth: Int = 0, _ found: inout [String],
    in repository: borrowing Repository
  ) throws -> ObjectID? {
    guard depth <= Self.maximumDepth else {
      throw GitError(
        code: .other(-1), operation: "read a checkpoint", message: "its folders lie too deep")
    }
    let before = try base.map { try RawTree(bytes: repository.bytes(of: $0, .tree)) } ?? RawTree()
    let now = try RawTree(bytes: repository.bytes(of: id, .tree))
    var result = now
    for entry in now.entries {
      let known = before[entry.name]
      guard entry.id != known?.id, entry.mode != RawTree.submoduleMode else { continue }
      let place = path + entry.text
      if entry.isTree {
        let below = try folder(
          entry.id, beside: known?.isTree == true ? known?.id : nil, path: place + "/",
          depth: depth + 1, &found, in: repository)
        if let below {
          result.set(.init(mode: entry.mode, name: entry.name, id: below))
        } else {
          result.remove(entry.name)
        }
        continue
      }
      let file = try file(entry, known, in: repository)
      if file == entry { continue }
      found.append(place)
      if let file { result.set(file) } else { result.remove(entry.name) }
    }
    if result.isEmpty, !now.isEmpty { return nil }
    return result == now ? id : try repository.write(result.bytes, .tree)
  }

  /// A file as it may go out; what cannot be told line by line is as the commit below has it, or left out.
  private mutating func file(
    _ entry: RawTree.Entry, _ known: RawTree.Entry?, in repository: borrowing Repository
  ) throws -> RawTree.Entry? {
    if clean.contains(entry.id) { return entry }
    let content = try repository.bytes(of: entry.id, .blob)
    let redacted = redact(content)
    if redacted == content {
      clean.insert(entry.id)
      return entry
    }
    let isPublished = known.map { !$0.isTree && $0.mode != RawTree.submoduleMode } ?? false
    let old = isPublished ? known : nil
    guard entry.mode != Self.linkMode, !content.contains(0) else { return old }
    let before = try old.map { try repository.bytes(of: $0.id, .blob) } ?? []
    let outgoing = Self.merge(content, redacted, before)
    if outgoing == content { return entry }
    return .init(mode: entry.mode, name: entry.name, id: try repository.write(outgoing, .blob))
  }

  /// The redacted lines, and as they are those that the commit below has too: they go out with it anyway.
  private static func merge(_ content: [UInt8], _ redacted: [UInt8], _ before: [UInt8]) -> [UInt8] {
    let lines = { (bytes: [UInt8]) in
      bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    }
    let (own, clean) = (lines(content), lines(redacted))
    guard !before.isEmpty, own.count == clean.count else { return redacted }
    let published = Set(lines(before))
    let merged = zip(own, clean).map { published.contains($0) ? $0 : $1 }
    return Array(merged.joined(separator: [0x0A]))
  }
}
