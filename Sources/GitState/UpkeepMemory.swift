internal import JSON

/// When upkeep was last done, and since when claims were seen as ended, in `orch/upkeep.json`.
///
/// Nothing but tidiness depends on it: without it, upkeep is done once more.
public struct UpkeepMemory: Sendable, Hashable {
  /// When it was last done, in milliseconds since 1970; 0 if it never was.
  public var doneAt = 0
  /// When each ended claim was first seen, by its object, in milliseconds since 1970.
  public var endedClaims: [String: Int] = [:]

  /// Reads the file; one that is missing or damaged says nothing.
  public init(_ folder: LocalFolder) {
    guard let bytes = LocalFolder.read(Self.file(folder)), let json = try? JSONValue(parsing: bytes)
    else { return }
    doneAt = json["done"]?.int ?? 0
    guard case .object(let claims) = json["claims"] else { return }
    endedClaims = claims.compactMapValues(\.int)
  }

  /// Writes the file; throws `StateError.file`.
  public func store(in folder: LocalFolder) throws(StateError) {
    let json: JSONValue = [
      "done": .number(doneAt), "claims": .object(endedClaims.mapValues(JSONValue.number)),
    ]
    try LocalFolder.replace(Self.file(folder), with: json.canonicalBytes)
  }

  private static func file(_ folder: LocalFolder) -> String { folder.path + "/upkeep.json" }
}
