public import Git2
internal import JSON

/// Which remote decides who works on what: a random name that the state and that remote both have.
///
/// In the state it is `meta/arbiter.json`, written once; at the remote it is the reference
/// `refs/orch/arbiter`, whose commit is made of the name alone. A remote without it, such as a backup, is
/// synced with and asked for no claims; a remote with another one belongs to another project.
public struct ArbiterMark: Sendable, Hashable {
  /// The file's name in the state's folder `meta`.
  static let file = "arbiter.json"
  /// The length of a name, in digits.
  private static let digitCount = 32

  /// The name: 32 hexadecimal digits.
  public let name: String

  /// A new one.
  public init(using generator: inout some RandomNumberGenerator) {
    name = (0..<Self.digitCount).reduce(into: "") { text, _ in
      text += String(Int.random(in: 0..<16, using: &generator), radix: 16)
    }
  }

  /// A name that was stored; nil if it is not one.
  init?(name: String) {
    guard name.utf8.count == Self.digitCount, name.utf8.allSatisfy(RecordID.isDigit) else {
      return nil
    }
    self.name = name
  }

  /// Reads a commit's bytes; nil if they are not a mark.
  public init?(commit: [UInt8]) {
    guard let name = ClaimContent.members(of: commit)?["arbiter"]?.string else { return nil }
    self.init(name: name)
  }

  /// The bytes of the commit at the remote.
  public var commit: [UInt8] {
    ClaimContent.commit(
      subject: "this remote keeps the claims", ["arbiter": .string(name)], parents: [], seconds: 0)
  }

  /// The id of that commit.
  public var id: ObjectID { ClaimContent.id(of: commit) }

  var json: JSONValue { ["id": .string(name)] }

  /// What a state says; nil if it says nothing yet.
  init?(
    of reader: StateReader, in repository: borrowing Repository
  ) throws(StateError) {
    guard let bytes = try reader.metaFile(Self.file, in: repository),
      let json = try? JSONValue(parsing: bytes), let name = json["id"]?.string
    else { return nil }
    self.init(name: name)
  }
}

extension StateStore {
  /// The mark of the remote that keeps the claims; nil if none was chosen yet.
  public func arbiter() async throws -> ArbiterMark? {
    try await read { reader, repository in try ArbiterMark(of: reader, in: repository) }
  }

  /// Chooses the remote that keeps the claims, unless one was chosen; durable when it returns.
  public func elect(_ mark: ArbiterMark) async throws(StateError) {
    let writer = writer
    try await repository.run { repository throws(StateError) in
      try writer.elect(mark, in: repository)
    }
  }
}
