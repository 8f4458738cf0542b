/// Where in the state's tree a folder is: decides by which rule the files in it are joined.
///
/// The layout is fixed, so a place is found by the names on the way and never by content.
enum Place: Sendable, Hashable {
  /// The top.
  case root
  /// `meta`.
  case meta
  /// `tasks`, `lessons` or `resolutions`.
  case collection(RecordCollection)
  /// `tasks/<aa>`.
  case shard(RecordCollection, String)
  /// `tasks/<aa>/<id>`.
  case record(RecordKey)
  /// `log` of a record or of `meta`.
  case log
  /// Any other folder: this version does not know it and carries it.
  case other

  /// How files of one name are joined.
  enum Rule: Sendable, Hashable {
    /// Set union of raw lines.
    case lines
    /// A JSON object: the greatest value of each member.
    case maximum
    /// The file with the smallest id.
    case smallest
    /// Made anew from the log.
    case derived
    /// Both are kept, the one with the greater id under another name.
    case writeOnce
  }

  /// The ending of files that are sets of lines.
  static let linesEnding = Array(".jsonl".utf8)

  /// The place of a folder in this one.
  func folder(_ name: [UInt8]) -> Place {
    let text = String(decoding: name, as: UTF8.self)
    switch self {
    case .root:
      if text == "meta" { return .meta }
      return RecordCollection(rawValue: text).map(Place.collection) ?? .other
    case .collection(let collection):
      let isShard = name.count == 2 && name.allSatisfy(RecordID.isDigit)
      return isShard ? .shard(collection, text) : .other
    case .shard(let collection, let shard):
      guard let id = RecordID(text), id.shard == shard else { return .other }
      return .record(RecordKey(collection, id))
    case .meta, .record: return text == "log" ? .log : .other
    case .log, .other: return .other
    }
  }

  /// The rule for files of a name in this folder.
  func rule(for name: [UInt8]) -> Rule {
    switch self {
    case .root where name == Array("README.md".utf8): return .smallest
    case .meta where name == Array("format.json".utf8): return .maximum
    case .record(let key) where name == Array(key.collection.snapshotName.utf8): return .derived
    default: return Self.isLines(name) ? .lines : .writeOnce
    }
  }

  /// True for the name of a file that is a set of lines.
  static func isLines(_ name: [UInt8]) -> Bool {
    name.count > linesEnding.count && name.suffix(linesEnding.count).elementsEqual(linesEnding)
  }

  /// True if records are in or below this folder: their snapshots are made anew even where only one
  /// side has them, because a snapshot that came from elsewhere proves nothing.
  var holdsRecords: Bool {
    switch self {
    case .root, .collection, .shard, .record: true
    case .meta, .log, .other: false
    }
  }
}
