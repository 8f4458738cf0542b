/// A tree object as its bytes, patched in place: what a state transition and an in-memory rebase edit.
///
/// Entries are `mode SP name NUL id`, sorted as git sorts them: folders as if their name ended in "/".
public struct RawTree: Sendable, Hashable {
  /// One name in a folder.
  public struct Entry: Sendable, Hashable {
    /// The octal mode as a number: 0o40000 for folders, 0o100644, 0o100755, 0o120000, 0o160000.
    public var mode: UInt32
    /// The name's bytes: any but NUL and "/".
    public var name: [UInt8]
    /// What it holds.
    public var id: ObjectID

    /// All three parts.
    public init(mode: UInt32, name: [UInt8], id: ObjectID) {
      self.mode = mode
      self.name = name
      self.id = id
    }

    /// A name given as text.
    public init(mode: UInt32, name: String, id: ObjectID) {
      self.init(mode: mode, name: Array(name.utf8), id: id)
    }

    /// True for a folder.
    public var isTree: Bool { mode == RawTree.treeMode }

    /// The name as text; bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: name, as: UTF8.self) }
  }

  /// The mode of a folder.
  public static let treeMode: UInt32 = 0o40000
  /// The mode of a plain file.
  public static let fileMode: UInt32 = 0o100644

  /// The object's bytes.
  public private(set) var bytes: [UInt8]

  /// The empty folder.
  public init() { bytes = [] }

  /// The bytes of a tree object; throws `GitError` if they are not one.
  public init(bytes: [UInt8]) throws(GitError) {
    self.bytes = bytes
    var position = 0
    while position < bytes.count {
      guard let entry = located(at: position) else {
        throw GitError(
          code: .other(-1), operation: "read a tree", message: "entry at byte \(position) is broken"
        )
      }
      position = entry.end
    }
  }

  /// Builds a folder from entries in any order; of two with one name the later counts.
  public init(_ entries: some Sequence<Entry>) {
    bytes = []
    for entry in entries { set(entry) }
  }

  /// True if there are no entries.
  public var isEmpty: Bool { bytes.isEmpty }

  /// All entries in git's order.
  public var entries: [Entry] {
    var result: [Entry] = []
    var position = 0
    while let found = located(at: position) {
      result.append(entry(found))
      position = found.end
    }
    return result
  }

  /// The entry of a name; nil if there is none.
  public subscript(name: [UInt8]) -> Entry? { find(name).found.map(entry) }

  /// The entry of a name given as text.
  public subscript(name: String) -> Entry? { self[Array(name.utf8)] }

  /// Adds an entry or replaces the one of the same name.
  public mutating func set(_ entry: Entry) {
    let (found, _) = find(entry.name)
    if let found {
      if found.mode == entry.mode {
        bytes.replaceSubrange(found.nameEnd + 1..<found.end, with: entry.id.bytes)
        return
      }
      bytes.removeSubrange(found.start..<found.end)
    }
    let key = Self.sortKey(entry.name, isTree: entry.isTree)
    var position = 0
    while let next = located(at: position) {
      let name = Array(bytes[next.nameStart..<next.nameEnd])
      let nextKey = Self.sortKey(name, isTree: next.mode == Self.treeMode)
      if key.lexicographicallyPrecedes(nextKey) { break }
      position = next.end
    }
    var text = Array(String(entry.mode, radix: 8).utf8)
    text.append(0x20)
    text.append(contentsOf: entry.name)
    text.append(0)
    entry.id.append(to: &text)
    bytes.insert(contentsOf: text, at: position)
  }

  /// Removes a name, if it is there.
  public mutating func remove(_ name: [UInt8]) {
    if let found = find(name).found { bytes.removeSubrange(found.start..<found.end) }
  }

  /// Removes a name given as text.
  public mutating func remove(_ name: String) { remove(Array(name.utf8)) }

  private struct Location {
    let start: Int
    let mode: UInt32
    let nameStart: Int
    let nameEnd: Int
    var end: Int { nameEnd + 1 + ObjectID.byteCount }
  }

  private func located(at start: Int) -> Location? {
    bytes.withUnsafeBufferPointer { buffer in
      var position = start
      var mode: UInt32 = 0
      while position < buffer.count, buffer[position] != 0x20 {
        let digit = buffer[position]
        guard (0x30...0x37).contains(digit), position - start < 7 else { return nil }
        mode = mode << 3 | UInt32(digit - 0x30)
        position += 1
      }
      let nameStart = position + 1
      position = nameStart
      while position < buffer.count, buffer[position] != 0 { position += 1 }
      guard position > nameStart, position + ObjectID.byteCount < buffer.count else { return nil }
      return Location(start: start, mode: mode, nameStart: nameStart, nameEnd: position)
    }
  }

  private func entry(_ location: Location) -> Entry {
    let id = ObjectID(bytes: bytes[location.nameEnd + 1..<location.end]) ?? .zero
    return Entry(
      mode: location.mode, name: Array(bytes[location.nameStart..<location.nameEnd]), id: id)
  }

  private func find(_ name: [UInt8]) -> (found: Location?, end: Int) {
    var position = 0
    while let next = located(at: position) {
      if next.nameEnd - next.nameStart == name.count,
        bytes[next.nameStart..<next.nameEnd].elementsEqual(name)
      {
        return (next, position)
      }
      position = next.end
    }
    return (nil, position)
  }

  private static func sortKey(_ name: [UInt8], isTree: Bool) -> [UInt8] {
    isTree ? name + [UInt8(ascii: "/")] : name
  }
}
