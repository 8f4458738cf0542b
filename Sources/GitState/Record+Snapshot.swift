internal import Git2
internal import JSON

extension Record {
  /// The derived file beside the log, in canonical form; `log` is the id of the log's folder.
  func snapshot(log: ObjectID) -> [UInt8] {
    var members: [String: JSONValue?] = [
      "fold": .number(Self.foldVersion), "log": .string(log.hex), "id": .string(key.id.text),
      "created": .number(createdAt), "updated": .number(updatedAt), "events": .number(eventCount),
      "stale": staleCount == 0 ? nil : .number(staleCount),
      "token": token == 0 ? nil : .number(token),
      "seq": .object(sequences.mapValues(JSONValue.number)), "fields": .object(fields),
      "sets": sets.isEmpty
        ? nil : .object(sets.mapValues { .object($0.mapValues { JSONValue.texts($0) }) }),
    ]
    if let state {
      members["state"] = [
        "g": .number(state.generation), "r": .number(state.rank), "v": .string(state.name),
      ]
    }
    return JSONValue.compact(members).canonicalBytes + [0x0A]
  }

  /// The number of the fold that made a derived file; 0 if the file does not say.
  static func fold(ofSnapshot bytes: [UInt8]) -> Int {
    (try? JSONValue(parsing: bytes))?["fold"]?.int ?? 0
  }

  /// Reads a derived file; nil unless it was made by this fold from exactly the log `log`.
  init?(snapshot bytes: [UInt8], key: RecordKey, log: ObjectID) {
    guard let json = try? JSONValue(parsing: bytes), json["fold"]?.int == Self.foldVersion,
      json["log"]?.string == log.hex, json["id"]?.string == key.id.text,
      let created = json["created"]?.int, let updated = json["updated"]?.int,
      let events = json["events"]?.int, let sequences = json["seq"]?.object
    else { return nil }
    self.init(key: key)
    createdAt = created
    updatedAt = updated
    eventCount = events
    staleCount = json["stale"]?.int ?? 0
    token = json["token"]?.int ?? 0
    self.sequences = sequences.compactMapValues(\.int)
    fields = json["fields"]?.object ?? [:]
    sets = (json["sets"]?.object ?? [:]).mapValues { set in
      (set.object ?? [:]).mapValues { $0.strings ?? [] }
    }
    if let state = json["state"], let generation = state["g"]?.int, let rank = state["r"]?.int,
      let name = state["v"]?.string
    {
      self.state = State(generation: generation, rank: rank, name: name)
    }
  }
}
