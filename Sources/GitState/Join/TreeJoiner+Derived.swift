internal import Git2
internal import JSON

extension TreeJoiner {
  /// The greatest value of each member of several JSON objects; a file that is none loses to one that is.
  mutating func format(
    _ ids: [ObjectID], in repository: borrowing Repository
  ) throws(StateError) -> ObjectID? {
    guard ids.count > 1 else { return ids.first }
    var members: [String: JSONValue] = [:]
    var objects: [ObjectID] = []
    for id in ids {
      let bytes = try self.objects.bytes(of: id, .blob, in: repository)
      guard let object = (try? JSONValue(parsing: bytes))?.object else { continue }
      objects.append(id)
      members.merge(object, uniquingKeysWith: Self.greater)
    }
    if objects.isEmpty { return ids.min() }
    if objects.count == 1 { return objects.first }
    let content = JSONValue.object(members).canonicalBytes + [0x0A]
    return try self.objects.put(content, .blob, known: ids)
  }

  /// Numbers by their size and above everything else; the rest by its canonical text.
  private static func greater(_ one: JSONValue, _ other: JSONValue) -> JSONValue {
    switch (one.double, other.double) {
    case (let left?, let right?) where left != right: return left > right ? one : other
    case (_?, nil): return one
    case (nil, _?): return other
    default:
      return one.canonicalBytes.lexicographicallyPrecedes(other.canonicalBytes) ? other : one
    }
  }

  /// The snapshot of a record beside its joined log: made anew, unless a newer fold made one.
  mutating func snapshot(
    of key: RecordKey, _ claims: [FolderClaims.Claim], beside entries: [RawTree.Entry],
    in repository: borrowing Repository
  ) throws(StateError) -> [RawTree.Entry] {
    defer { parsed.removeAll(keepingCapacity: true) }
    let name = key.collection.snapshotName
    if let newer = try newestFold(claims, in: repository) {
      return [.init(mode: RawTree.fileMode, name: name, id: newer)]
    }
    guard let log = entries.first(where: { $0.isTree && $0.text == "log" }) else { return [] }
    let record = Record.folding(try events(log: log.id, in: repository), key: key)
    let id = try objects.put(
      record.snapshot(log: log.id), .blob, known: claims.map(\.entry.id))
    for claim in claims where claim.isTheirs && claim.entry.id != id {
      let bytes = try objects.bytes(of: claim.entry.id, .blob, in: repository)
      if Record(snapshot: bytes, key: key, log: log.id) != nil { findings.edited.append(key) }
    }
    return [.init(mode: RawTree.fileMode, name: name, id: id)]
  }

  /// The snapshot that this version may not replace; nil if all are by this fold or an older one.
  ///
  /// Of several the one by the greatest fold, then of the most events, then with the smallest id.
  private func newestFold(
    _ claims: [FolderClaims.Claim], in repository: borrowing Repository
  ) throws(StateError) -> ObjectID? {
    var best: (rank: (Int, Int), id: ObjectID)?
    let preferred = newer.flatMap { newer in
      claims.first { $0.isTheirs == (newer == .theirs) }?.entry.id
    }
    for id in claims.map(\.entry.id) {
      let bytes = try objects.bytes(of: id, .blob, in: repository)
      guard let json = try? JSONValue(parsing: bytes), let fold = json["fold"]?.int,
        fold > Record.foldVersion
      else { continue }
      let rank = (fold, id == preferred ? Int.max : json["events"]?.int ?? 0)
      if let known = best, known.rank > rank || known.rank == rank && known.id < id { continue }
      best = (rank, id)
    }
    return best?.id
  }

  /// The events of a log as every reader sees them.
  private func events(
    log: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> [Event] {
    var events: [Event] = []
    for entry in try objects.entries(of: log, in: repository) {
      guard entry.isFile, Place.isLines(entry.name) else { continue }
      if let lines = parsed[entry.id] {
        events += lines.compactMap(\.event)
        continue
      }
      let content = try objects.bytes(of: entry.id, .blob, in: repository)
      guard content.count <= StateReader.maximumFileBytes else { continue }
      events += content.split(separator: 0x0A).compactMap(Event.init(line:))
    }
    return events
  }
}
