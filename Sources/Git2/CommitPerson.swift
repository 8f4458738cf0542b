/// The author or committer of a commit object, in the parts that git's own variables take.
public struct CommitPerson: Sendable, Hashable {
  /// The name; bytes that are not UTF-8 are replaced.
  public let name: String
  /// The mail address, in the same way.
  public let email: String
  /// Seconds since 1970 and the zone, as the object has them, such as `1700000000 +0100`.
  public let time: String

  /// Reads a header's content: `Name <email> seconds +hhmm`; nil if it is not of that form.
  public init?(_ line: [UInt8]) {
    guard let open = line.firstIndex(of: 0x3C), let close = line.lastIndex(of: 0x3E), open < close
    else { return nil }
    name = String(decoding: line[..<open], as: UTF8.self).trimmed
    email = String(decoding: line[(open + 1)..<close], as: UTF8.self)
    time = String(decoding: line[(close + 1)...], as: UTF8.self).trimmed
  }

  /// The variables of git for the person in a role, which is `AUTHOR` or `COMMITTER`.
  public func variables(_ role: String) -> [String: String] {
    ["GIT_\(role)_NAME": name, "GIT_\(role)_EMAIL": email, "GIT_\(role)_DATE": "@" + time]
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
