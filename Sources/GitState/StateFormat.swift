internal import Git2
internal import JSON

/// What `meta/format.json` says of a state.
struct StateFormat: Sendable, Hashable {
  /// The lowest format of a writer that may add to it.
  let minimumWriter: Int
  /// How often the state was compacted.
  let epoch: Int

  /// Reads the file of a state's tree; nil if there is none that can be read.
  init?(of root: ObjectID, in repository: borrowing Repository) throws(StateError) {
    try self.init(of: root, JoinObjects(pack: PackWriter()), in: repository)
  }

  /// Reads the file of a tree that may not be written yet.
  init?(
    of root: ObjectID, _ objects: JoinObjects, in repository: borrowing Repository
  ) throws(StateError) {
    let top = try objects.entries(of: root, in: repository)
    guard let meta = top.first(where: { $0.isTree && $0.text == "meta" }) else { return nil }
    let files = try objects.entries(of: meta.id, in: repository)
    guard let file = files.first(where: { $0.isFile && $0.text == "format.json" }) else {
      return nil
    }
    var bytes = objects.pack[file.id]?.bytes
    if bytes == nil { bytes = try StateReader.blob(file.id, in: repository) }
    guard let bytes, let json = try? JSONValue(parsing: bytes), json["format"]?.int != nil else {
      return nil
    }
    minimumWriter = json["min_writer"]?.int ?? 0
    epoch = json["epoch"]?.int ?? 0
  }

  /// Throws `StateError.newerFormat` if this version may not add to the state.
  func requireWriter() throws(StateError) {
    guard minimumWriter <= Genesis.format else {
      throw .newerFormat(found: minimumWriter, known: Genesis.format)
    }
  }
}
