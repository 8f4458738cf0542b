internal import Git2
internal import GitState
internal import JSON
internal import Worktrees

/// The resolutions of conflicts that the state keeps: every machine that has the state has them.
///
/// Each is two files beside an event that names their contents by hash. What was taken out of them
/// because it looked like a secret no longer fits its hash, and is not used.
struct ResolutionLibrary: Sendable {
  /// The most resolutions that are read, the newest first.
  static let maximumCount = 1000
  /// The name of the set in a record.
  static let field = "resolutions"

  private let state: StateStore

  init(_ state: StateStore) { self.state = state }

  /// What is known, with the changes that were given up when it was made.
  struct Known: Sendable {
    var store = ResolutionStore()
    /// Changes by `mark(of:)`.
    var givenUp: Set<String> = []

    /// True if the same change was given up before, with a reason.
    func explains(_ entry: ResolutionAudit.Entry) -> Bool {
      givenUp.contains(ResolutionLibrary.mark(of: entry.hunk))
    }
  }

  /// Reads all resolutions.
  func load() async throws -> Known {
    try await state.read { reader, repository -> Known in
      var found: [(time: Int, json: JSONValue, key: RecordKey)] = []
      for record in try reader.records(of: .resolutions, in: repository) {
        for text in record.members(of: Self.field) {
          guard let json = try? JSONValue(parsing: text) else { continue }
          found.append((json["at"]?.int ?? 0, json, record.key))
        }
      }
      found.sort { ($0.time, $0.json.canonicalText) < ($1.time, $1.json.canonicalText) }
      var known = Known()
      for (_, json, key) in found.suffix(Self.maximumCount) {
        guard let id = json["id"]?.string,
          let before = try Self.content("before", of: json, key, reader, in: repository),
          let after = try Self.content("after", of: json, key, reader, in: repository)
        else { continue }
        known.store.insert(Resolution(id: id, preimage: before, postimage: after))
        known.givenUp.formUnion(json["given_up"]?.strings ?? [])
      }
      return known
    }
  }

  /// One of the two files, if it is still what the event says.
  private static func content(
    _ part: String, of json: JSONValue, _ key: RecordKey, _ reader: StateReader,
    in repository: borrowing Repository
  ) throws -> [UInt8]? {
    guard let name = json["name"]?.string,
      let bytes = try reader.file(["\(name).\(part)"], of: key, in: repository),
      try Repository.id(of: bytes, .blob).hex == json[part]?.string
    else { return nil }
    return bytes
  }

  /// Keeps what was learned, each conflict in a record of its own.
  func add(
    _ learned: [LearnedResolution], givenUp: [ResolutionAudit.Entry], task: String
  ) async throws {
    let marks = givenUp.compactMap { entry -> String? in
      guard case .givenUp = entry.fate else { return nil }
      return Self.mark(of: entry.hunk)
    }
    for item in learned {
      let resolution = item.resolution
      guard let id = RecordID(resolution.id.prefix(RecordID.digitCount)),
        max(resolution.preimage.count, resolution.postimage.count) <= StateReader.maximumFileBytes
      else { continue }
      let before = try Repository.id(of: resolution.preimage, .blob).hex
      let after = try Repository.id(of: resolution.postimage, .blob).hex
      let name = try Repository.id(of: Array("\(before)\(after)".utf8), .blob).hex.prefix(16)
      let key = RecordKey(.resolutions, id)
      let files = [
        Change.File(path: ["\(name).before"], bytes: resolution.preimage),
        Change.File(path: ["\(name).after"], bytes: resolution.postimage),
      ]
      _ = try await state.write(
        Decision(reading: [key]) { records in
          let members = records[key]?.members(of: Self.field) ?? []
          if members.contains(where: { $0.contains("\"\(name)\"") }) { return [] }
          let text = JSONValue.compact([
            "id": .string(resolution.id), "name": .string(String(name)), "before": .string(before),
            "after": .string(after), "path": .string(String(item.path.prefix(1000))),
            "task": .string(task), "at": .number((records[key]?.updatedAt ?? 0) + 1),
            "given_up": marks.isEmpty ? nil : .texts(marks.prefix(100)),
          ]).canonicalText
          let event = EventDraft(
            kind: "resolution.learned", author: "orch", operations: [.add(Self.field, text)])
          let note = CommitNote(
            verb: "resolution", title: item.path, detail: "by \(task.prefix(6))")
          return [Change(key: key, event: event, note: note, files: files)]
        })
    }
  }

  /// A change by what it removed and added, wherever it stands and whichever side made it.
  static func mark(of hunk: SideHunk) -> String {
    let text = hunk.path + "\0" + hunk.removed + "\0" + hunk.added
    return ((try? Repository.id(of: Array(text.utf8), .blob).hex) ?? "").prefix(16).description
  }
}
