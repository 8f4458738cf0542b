internal import Git2
internal import JSON

/// How the content of a claim or heartbeat is kept in a commit: a subject for people, one line of JSON.
enum ClaimContent {
  /// The format that is written.
  static let version = 1
  /// The largest commit that is read, in bytes.
  static let maximumBytes = 4096
  /// Before the JSON.
  private static let claimMark = "Orch-Claim: "

  /// The bytes of a commit on the empty tree.
  static func commit(
    subject: String, _ members: [String: JSONValue?], parents: [ObjectID], seconds: Int64
  ) -> [UInt8] {
    var all = members
    all["v"] = .number(version)
    let message =
      "\(CommitNote.line(subject))\n\n\(claimMark)\(JSONValue.compact(all).canonicalText)\n"
    return Genesis.commitBytes(
      tree: Genesis.emptyTree, parents: parents,
      by: Signature(name: "orch", email: "orch@localhost", seconds: seconds), message: message)
  }

  /// The members in a commit's bytes; nil if it is not one of this format.
  static func members(of commit: [UInt8]) -> JSONValue? {
    guard commit.count <= maximumBytes else { return nil }
    let lines = commit.split(separator: 0x0A)
    guard let line = lines.last, line.starts(with: claimMark.utf8),
      let json = try? JSONValue(parsing: line.dropFirst(claimMark.utf8.count)),
      json["v"]?.int == version
    else { return nil }
    return json
  }

  /// The id of a commit's bytes.
  static func id(of commit: [UInt8]) -> ObjectID {
    (try? Repository.id(of: commit, .commit)) ?? .zero
  }

  /// True for a name that a host may have: it becomes part of reference names and paths.
  static func isHostName(_ name: String) -> Bool {
    guard (1...80).contains(name.utf8.count), let first = name.utf8.first, isLetterOrDigit(first)
    else { return false }
    return name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
