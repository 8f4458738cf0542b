internal import Git2
internal import JSON

/// Everything that one turn of the writer puts on top of a tip: commits, trees, files, in memory.
struct StateBatch {
  var editor: TreeEditor
  var pack = PackWriter()
  var records: [RecordKey: Record?] = [:]
  /// False while a decision's changes are being added, and after one of them failed.
  var isWhole = true
  private(set) var tip: ObjectID?
  private var pendingProgress: [RecordKey] = []
  /// Records with a snapshot by a newer fold; readers see that it does not fit and fold themselves.
  private var keptSnapshots: Set<RecordKey> = []
  private let host: String
  private let identity: Signature
  private let now: Int

  /// Starts from a tip with an editor for its tree; `now` in milliseconds since 1970.
  init(tip: ObjectID?, editor: TreeEditor, host: String, identity: Signature, now: Int) {
    self.tip = tip
    self.editor = editor
    self.host = host
    self.identity = identity
    self.now = now
  }

  /// A record as it is with this batch's changes.
  mutating func record(
    _ key: RecordKey, in repository: borrowing Repository
  ) throws(StateError) -> Record? {
    if let known = records[key] { return known }
    var found: Record?
    if let folder = try editor.entry(key.path, in: repository), folder.isTree {
      let stored = try StateReader.stored(key, folder: folder.id, in: repository)
      found = stored?.record
      if stored?.hasNewerSnapshot == true { keptSnapshots.insert(key) }
    }
    records[key] = .some(found)
    return found
  }

  /// Adds a change: log line, snapshot, files, and a commit if it has a note.
  mutating func add(
    _ change: Change, in repository: borrowing Repository
  ) throws(StateError) {
    let key = change.key
    var record = try record(key, in: repository) ?? Record(key: key)
    let event = try Event(
      change.event, time: min(Swift.max(now, record.updatedAt + 1), Event.maximumTime - 1),
      host: host,
      sequence: (record.sequences[host] ?? 0) + 1)
    for file in change.files {
      guard file.bytes.count <= StateReader.maximumFileBytes else {
        throw .fileTooLarge(
          name: file.path.joined(separator: "/"), bytes: file.bytes.count,
          limit: StateReader.maximumFileBytes)
      }
      try put(file.bytes, at: key.path + file.path, in: repository)
    }
    try append(event, to: key, in: repository)
    record.apply(event)
    let log = try writeTree(key.path + ["log"])
    if !keptSnapshots.contains(key) {
      let path = key.path + [key.collection.snapshotName]
      try put(record.snapshot(log: log), at: path, in: repository)
    }
    records[key] = .some(record)
    if let note = change.note {
      try commit(note.message(for: key, event: event.kind, host: host), event.time)
      pendingProgress = []
    } else {
      pendingProgress.append(key)
    }
  }

  /// Commits what only progress has changed.
  mutating func finish() throws(StateError) {
    guard !pendingProgress.isEmpty else { return }
    let ids = Set(pendingProgress.map(\.id)).sorted()
    let subject =
      ids.count == 1 ? "\(ids[0].short) progress" : "\(ids.count) tasks: progress"
    let list = ids.count == 1 ? "" : "\n\(ids.map(\.short).joined(separator: " "))\n"
    var text = subject + "\n" + list + "\n"
    for id in ids.prefix(20) { text += "Orch-Task: \(id)\n" }
    text += "Orch-Host: \(host)\nOrch-Format: 1\n"
    try commit(text, now)
    pendingProgress = []
  }

  /// Writes a file of the state that belongs to no record.
  mutating func put(
    _ bytes: [UInt8], at path: [String], in repository: borrowing Repository
  ) throws(StateError) {
    let id: ObjectID
    do throws(GitError) {
      id = try pack.add(bytes, .blob)
    } catch {
      throw .git(error)
    }
    try editor.set(path, to: id, in: repository)
  }

  /// Adds the fixed first commit and stands on it; returns its id.
  mutating func addGenesis() throws(StateError) -> ObjectID {
    do throws(GitError) {
      try pack.add([], .tree)
      let id = try pack.add(Genesis.commit, .commit)
      tip = id
      return id
    } catch {
      throw .git(error)
    }
  }

  /// Makes a commit of the tree as it is now.
  mutating func commit(_ message: String, _ milliseconds: Int) throws(StateError) {
    let tree = try writeTree([])
    var signature = identity
    signature.seconds = Int64(milliseconds / 1000)
    do throws(GitError) {
      tip = try pack.add(
        Genesis.commitBytes(
          tree: tree, parents: tip.map { [$0] } ?? [], by: signature, message: message), .commit)
    } catch {
      throw .git(error)
    }
  }

  private mutating func append(
    _ event: Event, to key: RecordKey, in repository: borrowing Repository
  ) throws(StateError) {
    let folder = key.path + ["log"]
    var segment = 0
    var content: [UInt8] = []
    while try editor.entry(folder + [LogSegments.name(host, segment + 1)], in: repository) != nil {
      segment += 1
    }
    if let entry = try editor.entry(folder + [LogSegments.name(host, segment)], in: repository) {
      content = try bytes(of: entry.id, in: repository)
      if !LogSegments.fits(event.line.count, after: content.count) {
        segment += 1
        content = []
      }
    }
    if let last = content.last, last != 0x0A { content.append(0x0A) }
    content += event.line + [0x0A]
    try put(content, at: folder + [LogSegments.name(host, segment)], in: repository)
  }

  private func bytes(
    of id: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> [UInt8] {
    if let own = pack[id] { return own.bytes }
    do throws(GitError) {
      return try repository.bytes(of: id, .blob)
    } catch {
      throw .damaged(error)
    }
  }

  private mutating func writeTree(_ path: [String]) throws(StateError) -> ObjectID {
    do throws(GitError) {
      return try editor.write(path, to: &pack) ?? Genesis.emptyTree
    } catch {
      throw .git(error)
    }
  }
}
