internal import CGit2

/// The four kinds of git objects.
public enum ObjectKind: UInt8, Sendable, Hashable, CaseIterable {
  /// A commit.
  case commit = 1
  /// A folder.
  case tree = 2
  /// A file's content.
  case blob = 3
  /// An annotated tag.
  case tag = 4

  /// The word in an object's header.
  public var name: String {
    switch self {
    case .commit: "commit"
    case .tree: "tree"
    case .blob: "blob"
    case .tag: "tag"
    }
  }
}

extension ObjectKind {
  init?(_ type: git_object_t) {
    guard let number = UInt8(exactly: type.rawValue) else { return nil }
    self.init(rawValue: number)
  }

  var type: git_object_t { git_object_t(rawValue: Int32(rawValue)) }
}

/// Who did something, and when.
public struct Signature: Sendable, Hashable {
  /// The person's or program's name.
  public var name: String
  /// The mail address.
  public var email: String
  /// Seconds since 1970.
  public var seconds: Int64
  /// Minutes east of UTC.
  public var offsetMinutes: Int

  /// All four parts.
  public init(name: String, email: String, seconds: Int64, offsetMinutes: Int = 0) {
    self.name = name
    self.email = email
    self.seconds = seconds
    self.offsetMinutes = offsetMinutes
  }

  /// The form in a commit object: `Name <email> seconds +hhmm`.
  public var headerText: String {
    let sign = offsetMinutes < 0 ? "-" : "+"
    let minutes = abs(offsetMinutes)
    let zone = String(10_000 + minutes / 60 * 100 + minutes % 60).dropFirst()
    return "\(clean(name)) <\(clean(email))> \(seconds) \(sign)\(zone)"
  }

  /// git forbids angle brackets, line breaks and NUL inside the parts.
  private func clean(_ text: String) -> String {
    let kept = text.unicodeScalars.filter { $0 != "<" && $0 != ">" && $0.value >= 0x20 }
    return String(String.UnicodeScalarView(kept))
  }
}

extension Signature {
  init(_ signature: UnsafePointer<git_signature>) {
    self.init(
      name: String(cString: signature.pointee.name),
      email: String(cString: signature.pointee.email),
      seconds: signature.pointee.when.time, offsetMinutes: Int(signature.pointee.when.offset))
  }
}

/// What a commit says, as values.
public struct CommitInfo: Sendable, Hashable {
  /// The commit.
  public let id: ObjectID
  /// Its tree.
  public let tree: ObjectID
  /// Its parents, in order.
  public let parents: [ObjectID]
  /// Who wrote the change.
  public let author: Signature
  /// Who made the commit.
  public let committer: Signature
  /// The whole message, with its trailing line break.
  public let message: String

  /// The message's first line.
  public var subject: String {
    String(message.prefix { $0 != "\n" && $0 != "\r\n" })
  }
}
