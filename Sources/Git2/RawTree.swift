/// A tree object as its bytes, patched in place: what a state transition and an in-memory rebase edit.
///
/// Entries are `mode SP name NUL id`, sorted as git sorts them: folders as if their name ended in "/".
public struct RawTree: Sendable {
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
  /// The mode of a submodule: a commit that this repository need not have.
  public static let submoduleMode: UInt32 = 0o160000
  /// The mode of a plain file.
  public static let fileMode: UInt32 = 0o100644

  /// The object's bytes.
  public private(set) var bytes: [UInt8]
  /// The length of an entry if all have the same and are sorted, else 0.
  ///
  /// The state's large folders are of this kind; they are searched by halves.
  private var stride = 0

  /// The empty folder.
  public init() { bytes = [] }

  /// The bytes of a tree object; throws `GitError` if they are not one.
  public init(bytes: [UInt8]) throws(GitError) {
    self.bytes = bytes
    let (broken, stride) = bytes.withUnsafeBytes { Self.scan($0) }
    if let broken {
      throw GitError(
        code: .other(-1), operation: "read a tree", message: "entry at byte \(broken) is broken")
    }
    self.stride = stride
  }

  /// Bytes that are known to be a tree object's.
  init(trusted bytes: [UInt8]) { self.bytes = bytes }

  /// Builds a folder from entries in any order; of two with one name the later counts.
  public init(_ entries: some Sequence<Entry>) {
    bytes = []
    for entry in entries { set(entry) }
  }

  /// True if there are no entries.
  public var isEmpty: Bool { bytes.isEmpty }

  /// All entries in git's order.
  public var entries: [Entry] {
    bytes.withUnsafeBytes { buffer in
      var result: [Entry] = []
      var position = 0
      while let found = Location(buffer, at: position) {
        result.append(found.entry(buffer))
        position = found.end
      }
      return result
    }
  }

  /// The entry of a name; nil if there is none.
  public subscript(name: [UInt8]) -> Entry? {
    bytes.withUnsafeBytes { buffer in
      name.withUnsafeBytes { find($0, buffer)?.entry(buffer) }
    }
  }

  /// The entry of a name given as text.
  public subscript(name: String) -> Entry? { self[Array(name.utf8)] }

  /// Adds an entry or replaces the one of the same name.
  public mutating func set(_ entry: Entry) {
    let found = bytes.withUnsafeBytes { buffer in
      entry.name.withUnsafeBytes { find($0, buffer) }
    }
    if let found {
      if found.mode == entry.mode {
        bytes.withUnsafeMutableBytes { buffer in
          entry.id.store(into: UnsafeMutableRawBufferPointer(rebasing: buffer[found.id]))
        }
        return
      }
      bytes.removeSubrange(found.start..<found.end)
      if bytes.isEmpty { stride = 0 }
    }
    insert(entry)
  }

  /// Removes a name, if it is there.
  public mutating func remove(_ name: [UInt8]) {
    let found = bytes.withUnsafeBytes { buffer in
      name.withUnsafeBytes { find($0, buffer) }
    }
    if let found { bytes.removeSubrange(found.start..<found.end) }
    if bytes.isEmpty { stride = 0 }
  }

  /// Removes a name given as text.
  public mutating func remove(_ name: String) { remove(Array(name.utf8)) }

  private mutating func insert(_ entry: Entry) {
    let position = bytes.withUnsafeBytes { buffer in
      entry.name.withUnsafeBytes { place(of: $0, isTree: entry.isTree, buffer) }
    }
    var text = Array(String(entry.mode, radix: 8).utf8)
    text.append(0x20)
    text.append(contentsOf: entry.name)
    text.append(0)
    entry.id.append(to: &text)
    if bytes.isEmpty { stride = text.count } else if stride != text.count { stride = 0 }
    bytes.insert(contentsOf: text, at: position)
  }
}

extension RawTree: Hashable {
  /// Two folders are the same if their bytes are.
  public static func == (left: RawTree, right: RawTree) -> Bool { left.bytes == right.bytes }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension RawTree {
  /// Where an entry and its parts are.
  struct Location {
    let start: Int
    let mode: UInt32
    let name: Range<Int>
    var id: Range<Int> { name.upperBound + 1..<end }
    var end: Int { name.upperBound + 1 + ObjectID.byteCount }

    /// Reads the entry that begins at `start`; nil at the end, or if it is not whole.
    init?(_ buffer: UnsafeRawBufferPointer, at start: Int) {
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
      self.start = start
      self.mode = mode
      name = nameStart..<position
    }

    func entry(_ buffer: UnsafeRawBufferPointer) -> Entry {
      Entry(
        mode: mode, name: Array(buffer[name]),
        id: ObjectID(buffer: UnsafeRawBufferPointer(rebasing: buffer[id])) ?? .zero)
    }

    /// Below zero if this entry sorts before a name, zero if it has it, above zero if it sorts after.
    func compared(
      _ buffer: UnsafeRawBufferPointer, to other: UnsafeRawBufferPointer, isTree: Bool
    ) -> Int {
      let own = UnsafeRawBufferPointer(rebasing: buffer[name])
      let shorter = min(own.count, other.count)
      for index in 0..<shorter where own[index] != other[index] {
        return Int(own[index]) - Int(other[index])
      }
      let slash = Int(UInt8(ascii: "/"))
      let isFolder = mode == RawTree.treeMode
      let next = own.count > shorter ? Int(own[shorter]) : isFolder ? slash : -1
      let otherNext = other.count > shorter ? Int(other[shorter]) : isTree ? slash : -1
      return next - otherNext
    }
  }

  /// The first byte of the first broken entry, if any, and the value of `stride`.
  private static func scan(_ buffer: UnsafeRawBufferPointer) -> (broken: Int?, stride: Int) {
    var position = 0
    var stride = 0
    var last: Location?
    while position < buffer.count {
      guard let entry = Location(buffer, at: position) else { return (position, 0) }
      if let last {
        let name = UnsafeRawBufferPointer(rebasing: buffer[entry.name])
        let isSorted = last.compared(buffer, to: name, isTree: entry.mode == treeMode) < 0
        if !isSorted || entry.end - position != stride { stride = 0 }
      } else {
        stride = entry.end
      }
      last = entry
      position = entry.end
    }
    return (nil, stride)
  }

  /// The entry of a name, whatever its mode.
  private func find(
    _ name: UnsafeRawBufferPointer, _ buffer: UnsafeRawBufferPointer
  ) -> Location? {
    if stride > 0 {
      for isTree in [true, false] {
        let position = place(of: name, isTree: isTree, buffer)
        guard position >= stride, let entry = Location(buffer, at: position - stride) else {
          continue
        }
        if buffer[entry.name].elementsEqual(name) { return entry }
      }
      return nil
    }
    var position = 0
    while let entry = Location(buffer, at: position) {
      if entry.name.count == name.count, buffer[entry.name].elementsEqual(name) { return entry }
      position = entry.end
    }
    return nil
  }

  /// Where the first entry begins that sorts after a name.
  private func place(
    of name: UnsafeRawBufferPointer, isTree: Bool, _ buffer: UnsafeRawBufferPointer
  ) -> Int {
    var position = 0
    if stride > 0 {
      var count = buffer.count / stride
      while count > 0 {
        let middle = position + count / 2 * stride
        guard let entry = Location(buffer, at: middle) else { break }
        if entry.compared(buffer, to: name, isTree: isTree) > 0 {
          count /= 2
        } else {
          position = entry.end
          count -= count / 2 + 1
        }
      }
      return position
    }
    while let entry = Location(buffer, at: position),
      entry.compared(buffer, to: name, isTree: isTree) <= 0
    {
      position = entry.end
    }
    return position
  }
}
