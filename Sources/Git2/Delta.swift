/// git's delta encoding, for versions of a folder: a few entries changed, or one put in.
enum Delta {
  /// A copy instruction moves at most this many bytes.
  private static let longestCopy = 0xFFFF
  /// An insert instruction carries at most this many bytes.
  private static let longestInsert = 127

  /// Shorter runs of equal bytes between changes are inserted: a copy would cost as much.
  private static let shortestRun = 12

  /// The instructions that make `target` from `basis`.
  ///
  /// Contents of one length are compared place by place: a folder of which some entries have changed.
  /// Others are taken to differ in one place: common beginning, new middle, common end. Nil if the
  /// instructions would not be half as long as the target.
  static func between(_ basis: [UInt8], _ target: [UInt8]) -> [UInt8]? {
    var delta: [UInt8] = []
    appendSize(basis.count, to: &delta)
    appendSize(target.count, to: &delta)
    let (prefix, suffix) = basis.withUnsafeBytes { basis in
      target.withUnsafeBytes { common(basis, $0) }
    }
    let end = target.count - suffix
    appendCopy(from: 0, count: prefix, to: &delta)
    if basis.count == target.count {
      appendChanges(basis, target, prefix..<end, to: &delta)
    } else {
      guard (prefix + suffix) * 2 > target.count else { return nil }
      appendInsert(target[prefix..<end], to: &delta)
    }
    appendCopy(from: basis.count - suffix, count: suffix, to: &delta)
    return delta.count * 2 < target.count ? delta : nil
  }

  /// Makes a range of contents of one length: runs that are equal are copied.
  private static func appendChanges(
    _ basis: [UInt8], _ target: [UInt8], _ range: Range<Int>, to delta: inout [UInt8]
  ) {
    var inserted = range.lowerBound
    var position = range.lowerBound
    while position < range.upperBound {
      var run = position
      while run < range.upperBound, basis[run] == target[run] { run += 1 }
      if run - position >= shortestRun {
        appendInsert(target[inserted..<position], to: &delta)
        appendCopy(from: position, count: run - position, to: &delta)
        inserted = run
      }
      position = max(run, position + 1)
    }
    appendInsert(target[inserted..<range.upperBound], to: &delta)
  }

  /// How many bytes are the same at the beginning, and how many of the others at the end.
  private static func common(
    _ basis: UnsafeRawBufferPointer, _ target: UnsafeRawBufferPointer
  ) -> (prefix: Int, suffix: Int) {
    let shorter = min(basis.count, target.count)
    let word = MemoryLayout<UInt64>.size
    let load = { (buffer: UnsafeRawBufferPointer, offset: Int) in
      buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
    var prefix = 0
    while prefix + word <= shorter, load(basis, prefix) == load(target, prefix) { prefix += word }
    while prefix < shorter, basis[prefix] == target[prefix] { prefix += 1 }
    let rest = shorter - prefix
    var suffix = 0
    while suffix + word <= rest,
      load(basis, basis.count - suffix - word) == load(target, target.count - suffix - word)
    {
      suffix += word
    }
    while suffix < rest,
      basis[basis.count - 1 - suffix] == target[target.count - 1 - suffix]
    {
      suffix += 1
    }
    return (prefix, suffix)
  }

  private static func appendSize(_ size: Int, to delta: inout [UInt8]) {
    var rest = size
    while rest >= 0x80 {
      delta.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    delta.append(UInt8(rest))
  }

  private static func appendCopy(from start: Int, count: Int, to delta: inout [UInt8]) {
    var position = start
    var left = count
    while left > 0 {
      let length = min(left, longestCopy)
      var instruction: UInt8 = 0x80
      var arguments: [UInt8] = []
      for shift in 0..<4 where position >> (8 * shift) & 0xFF != 0 {
        instruction |= 1 << UInt8(shift)
        arguments.append(UInt8(position >> (8 * shift) & 0xFF))
      }
      for shift in 0..<2 where length >> (8 * shift) & 0xFF != 0 {
        instruction |= 1 << UInt8(4 + shift)
        arguments.append(UInt8(length >> (8 * shift) & 0xFF))
      }
      delta.append(instruction)
      delta.append(contentsOf: arguments)
      position += length
      left -= length
    }
  }

  private static func appendInsert(_ bytes: ArraySlice<UInt8>, to delta: inout [UInt8]) {
    var rest = bytes
    while !rest.isEmpty {
      let part = rest.prefix(longestInsert)
      delta.append(UInt8(part.count))
      delta.append(contentsOf: part)
      rest = rest.dropFirst(part.count)
    }
  }
}
