internal import Git2
internal import GitState
internal import Workflow

/// Reads what was pushed to the inbox: untrusted objects, of which only a bounded text is looked at.
enum InboxReader {
  /// Why an object is no ask.
  struct Refusal: Error, Hashable {
    let reason: String
  }

  /// What a reference asks for; throws `Refusal`, or `GitError` if the object cannot be read.
  static func asks(
    _ reference: String, _ id: ObjectID, in repository: borrowing Repository
  ) throws -> [Ask] {
    let name = String(reference.dropFirst(RefLayout.inbox.count))
    guard name.utf8.count <= InboxItem.maximumNameBytes else {
      throw Refusal(reason: "its name is longer than \(InboxItem.maximumNameBytes) bytes")
    }
    guard let header = try repository.header(of: id) else {
      throw Refusal(reason: "its object is missing")
    }
    guard header.size <= InboxItem.maximumBytes else {
      throw Refusal(reason: "it is larger than \(InboxItem.maximumBytes / 1024) KB")
    }
    var authoredAt = 0
    var item = InboxItem(name: name, object: id.hex, kind: .blob, text: "", author: "")
    switch header.kind {
    case .commit:
      let commit = try repository.commit(id)
      item.kind = .commit
      item.text = commit.message
      item.author = "\(commit.author.name) <\(commit.author.email)>"
      authoredAt = Int(commit.author.seconds)
    case .tag:
      item.kind = .tag
      (item.text, item.author) = tag(try repository.bytes(of: id, .tag))
    case .blob:
      let bytes = try repository.bytes(of: id, .blob)
      guard !bytes.contains(0) else { throw Refusal(reason: "it is no text") }
      item.text = String(decoding: bytes, as: UTF8.self)
    case .tree: throw Refusal(reason: "it is a folder: push a commit, a tag or a file")
    }
    let asks = item.asks(authoredAt: authoredAt)
    guard !asks.isEmpty else { throw Refusal(reason: "it says nothing") }
    return asks
  }

  /// Message and author of an annotated tag.
  private static func tag(_ bytes: [UInt8]) -> (text: String, author: String) {
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    let end = lines.firstIndex(of: "") ?? lines.endIndex
    let tagger = lines[..<end].first { $0.hasPrefix("tagger ") }?.dropFirst("tagger ".count) ?? ""
    let author = tagger.prefix { $0 != ">" }
    return (
      lines[end...].dropFirst().joined(separator: "\n"), author.isEmpty ? "" : "\(author)>"
    )
  }
}
