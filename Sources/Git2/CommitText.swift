/// A commit object as its text: what a rewrite changes, and everything else kept as it was.
public struct CommitText: Sendable, Hashable {
  /// The tree.
  public var tree: ObjectID
  /// The parents, in order.
  public var parents: [ObjectID]
  /// The author line's content, verbatim.
  public var author: [UInt8]
  /// The committer line's content, verbatim.
  public var committer: [UInt8]
  /// Header lines beside these, verbatim, such as `encoding`; signatures are left out.
  public var otherHeaders: [[UInt8]]
  /// True if the object that was read had a signature.
  public private(set) var isSigned = false
  /// The message, verbatim.
  public var message: [UInt8]

  /// A new commit.
  public init(
    tree: ObjectID, parents: [ObjectID], author: Signature, committer: Signature, message: String
  ) {
    self.tree = tree
    self.parents = parents
    self.author = Array(author.headerText.utf8)
    self.committer = Array(committer.headerText.utf8)
    otherHeaders = []
    self.message = Array(message.utf8)
  }

  /// A header that a line which begins with a space may go on with.
  private enum Header {
    /// One line long, as the tree and the author are.
    case fixed
    case kept
    case dropped
  }

  /// Reads a commit object's bytes; nil if they are not one.
  public init?(bytes: [UInt8]) {
    var tree: ObjectID?
    var parents: [ObjectID] = []
    var author: [UInt8]?
    var committer: [UInt8]?
    var others: [[UInt8]] = []
    var last = Header.fixed
    var isSigned = false
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0A) {
      let line = rest[..<end]
      rest = rest[(end + 1)...]
      if line.isEmpty { break }
      if line.first == 0x20 {
        switch last {
        case .kept: others[others.count - 1] += [0x0A] + line
        case .dropped: break
        case .fixed: return nil
        }
        continue
      }
      last = .fixed
      let space = line.firstIndex(of: 0x20) ?? line.endIndex
      let value = line[space...].dropFirst()
      switch String(decoding: line[..<space], as: UTF8.self) {
      case "tree": tree = ObjectID(hex: String(decoding: value, as: UTF8.self))
      case "parent":
        guard let id = ObjectID(hex: String(decoding: value, as: UTF8.self)) else { return nil }
        parents.append(id)
      case "author": author = Array(value)
      case "committer": committer = Array(value)
      case "gpgsig", "gpgsig-sha256":
        isSigned = true
        last = .dropped
      case "mergetag": last = .dropped
      default:
        others.append(Array(line))
        last = .kept
      }
    }
    guard let tree, let author, let committer else { return nil }
    self.tree = tree
    self.parents = parents
    self.author = author
    self.committer = committer
    otherHeaders = others
    message = Array(rest)
    self.isSigned = isSigned
  }

  /// The object's bytes.
  public var bytes: [UInt8] {
    var result = Array("tree \(tree)\n".utf8)
    for parent in parents { result += Array("parent \(parent)\n".utf8) }
    result += Array("author ".utf8) + author + [0x0A]
    result += Array("committer ".utf8) + committer + [0x0A]
    for header in otherHeaders { result += header + [0x0A] }
    return result + [0x0A] + message
  }

  /// Makes somebody the committer, and keeps the time.
  public mutating func setCommitter(name: String, email: String) {
    let time = committer.lastIndex(of: 0x3E).map { committer[($0 + 1)...] } ?? []
    let text = Signature(name: name, email: email, seconds: 0).headerText.utf8
    committer = (text.lastIndex(of: 0x3E).map { Array(text[...$0]) } ?? []) + time
  }

  /// Adds `Name: value` lines to the message's last paragraph of such lines, or begins one.
  public mutating func append(trailers: [(name: String, value: String)]) {
    var lines = String(decoding: message, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    while lines.last?.isEmpty == true { lines.removeLast() }
    let missing = trailers.filter { trailer in
      !lines.contains { $0 == "\(trailer.name): \(trailer.value)" }
    }
    guard !missing.isEmpty else { return }
    if !Self.endsWithTrailers(lines) { lines.append("") }
    lines += missing.map { Substring("\($0.name): \($0.value)") }
    message = Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  private static func endsWithTrailers(_ lines: [Substring]) -> Bool {
    guard let blank = lines.lastIndex(of: ""), blank > 0 else { return false }
    return lines[(blank + 1)...].allSatisfy { line in
      guard let colon = line.firstIndex(of: ":") else { return false }
      return !line[..<colon].isEmpty && line[..<colon].allSatisfy { $0.isLetter || $0 == "-" }
    }
  }
}
