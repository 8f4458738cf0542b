/// An entry that one version of a folder has and another has not, or not so.
public struct TreeChange: Sendable, Hashable {
  /// What was; nil if it was added.
  public let old: RawTree.Entry?
  /// What is; nil if it was removed.
  public let new: RawTree.Entry?

  /// Both.
  public init(old: RawTree.Entry?, new: RawTree.Entry?) {
    self.old = old
    self.new = new
  }
}

extension RawTree {
  /// What differs between two versions of a folder, in git's order.
  ///
  /// A file that became a folder, or the reverse, is one removal and one addition.
  public static func changes(from old: RawTree, to new: RawTree) -> [TreeChange] {
    if old.bytes == new.bytes { return [] }
    var changes: [TreeChange] = []
    old.bytes.withUnsafeBytes { left in
      new.bytes.withUnsafeBytes { right in
        var one = Location(left, at: 0)
        var other = Location(right, at: 0)
        while one != nil || other != nil {
          var order = 0
          if let one, let other {
            if isEqual(one, left, other, right) {
              order = 2
            } else {
              order = compare(one, left, other, right)
            }
          } else {
            order = one == nil ? 1 : -1
          }
          if order != 2 {
            changes.append(
              TreeChange(
                old: order <= 0 ? one.map { $0.entry(left) } : nil,
                new: order >= 0 ? other.map { $0.entry(right) } : nil))
          }
          if order != 1 { one = one.flatMap { Location(left, at: $0.end) } }
          if order != -1 { other = other.flatMap { Location(right, at: $0.end) } }
        }
      }
    }
    return changes
  }

  /// The folder with other entries in the places of some.
  ///
  /// `old` names the entry that goes, if there is one; `new` is what comes. The changes stand in git's
  /// order, as `changes(from:to:)` returns them.
  public func applying(_ edits: [TreeChange]) -> RawTree {
    guard !edits.isEmpty else { return self }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + edits.count * 48)
    bytes.withUnsafeBytes { buffer in
      var copied = 0
      var next = Location(buffer, at: 0)
      for edit in edits {
        guard let key = edit.new ?? edit.old else { continue }
        while let entry = next, Self.precedes(entry, buffer, key) {
          next = Location(buffer, at: entry.end)
        }
        let place = next?.start ?? buffer.count
        result += buffer[copied..<place]
        copied = place
        if let entry = next, Self.isNamed(entry, buffer, key) {
          copied = entry.end
          next = Location(buffer, at: entry.end)
        }
        if let new = edit.new { Self.append(new, to: &result) }
      }
      result += buffer[copied...]
    }
    return RawTree(trusted: result)
  }

  /// True if `one` stands before `other` in a folder.
  public static func precedes(_ one: Entry, _ other: Entry) -> Bool {
    key(one).lexicographicallyPrecedes(key(other))
  }

  private static func key(_ entry: Entry) -> [UInt8] {
    entry.isTree ? entry.name + [UInt8(ascii: "/")] : entry.name
  }

  private static func append(_ entry: Entry, to bytes: inout [UInt8]) {
    bytes += Array(String(entry.mode, radix: 8).utf8)
    bytes.append(0x20)
    bytes += entry.name
    bytes.append(0)
    entry.id.append(to: &bytes)
  }

  private static func isEqual(
    _ one: Location, _ left: UnsafeRawBufferPointer, _ other: Location,
    _ right: UnsafeRawBufferPointer
  ) -> Bool {
    let count = one.end - one.start
    guard count == other.end - other.start else { return false }
    for index in 0..<count where left[one.start + index] != right[other.start + index] {
      return false
    }
    return true
  }

  /// Negative if `one` comes first, positive if `other` does, 0 for one name and kind.
  private static func compare(
    _ one: Location, _ left: UnsafeRawBufferPointer, _ other: Location,
    _ right: UnsafeRawBufferPointer
  ) -> Int {
    var index = 0
    while true {
      let first = byte(one, left, index)
      let second = byte(other, right, index)
      if first != second { return first < second ? -1 : 1 }
      if first < 0 { return 0 }
      index += 1
    }
  }

  /// A byte of a sorting key: the name, and for a folder a slash after it; −1 behind its end.
  private static func byte(
    _ entry: Location, _ buffer: UnsafeRawBufferPointer, _ index: Int
  ) -> Int {
    let position = entry.name.lowerBound + index
    if position < entry.name.upperBound { return Int(buffer[position]) }
    return position == entry.name.upperBound && entry.mode == treeMode ? Int(UInt8(ascii: "/")) : -1
  }

  private static func precedes(
    _ entry: Location, _ buffer: UnsafeRawBufferPointer, _ other: Entry
  ) -> Bool {
    compare(entry, buffer, other) < 0
  }

  private static func isNamed(
    _ entry: Location, _ buffer: UnsafeRawBufferPointer, _ other: Entry
  ) -> Bool {
    compare(entry, buffer, other) == 0
  }

  private static func compare(
    _ entry: Location, _ buffer: UnsafeRawBufferPointer, _ other: Entry
  ) -> Int {
    for index in 0... {
      let first = byte(entry, buffer, index)
      let second =
        index < other.name.count
        ? Int(other.name[index])
        : index == other.name.count && other.isTree ? Int(UInt8(ascii: "/")) : -1
      if first != second { return first < second ? -1 : 1 }
      if first < 0 { return 0 }
    }
    return 0
  }
}
