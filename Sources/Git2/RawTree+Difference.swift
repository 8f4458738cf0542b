extension RawTree {
  /// The entries that another folder does not have in exactly this form, in git's order.
  ///
  /// Equal stretches are passed over without being taken apart.
  public func entries(notIn other: RawTree) -> [Entry] {
    bytes.withUnsafeBytes { own in
      other.bytes.withUnsafeBytes { Self.difference(own, $0) }
    }
  }

  /// True if git would write the folder like this: in order, each name once, modes without zeros in front.
  public var isCanonical: Bool {
    bytes.withUnsafeBytes { buffer in
      var names: Set<[UInt8]> = []
      var last: Location?
      while let entry = Location(buffer, at: last?.end ?? 0) {
        let name = UnsafeRawBufferPointer(rebasing: buffer[entry.name])
        let isTree = entry.mode == Self.treeMode
        if let last, last.compared(buffer, to: name, isTree: isTree) >= 0 { return false }
        guard buffer[entry.start] != 0x30, names.insert(Array(name)).inserted else { return false }
        last = entry
      }
      return true
    }
  }

  private static func difference(
    _ own: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer
  ) -> [Entry] {
    var result: [Entry] = []
    var position = 0
    var otherPosition = 0
    while let found = Location(own, at: position) {
      guard let old = Location(other, at: otherPosition) else {
        result.append(found.entry(own))
        position = found.end
        continue
      }
      if own[found.start..<found.end].elementsEqual(other[old.start..<old.end]) {
        (position, otherPosition) = (found.end, old.end)
        continue
      }
      let name = UnsafeRawBufferPointer(rebasing: other[old.name])
      let order = found.compared(own, to: name, isTree: old.mode == treeMode)
      if order <= 0 {
        result.append(found.entry(own))
        position = found.end
      }
      if order >= 0 { otherPosition = old.end }
    }
    return result
  }
}
