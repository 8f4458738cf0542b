internal import Git2

/// The changes of one side of one file, and what a resolved text has of them.
struct HunkLedger {
  private let old: TextLines
  private let new: TextLines
  private let other: TextLines
  private let now: TextLines
  private let changes: [LineChange]
  /// The line of `now` that each line of `new` became; nil if it is gone.
  private let target: [Int?]

  /// `old` is the common ancestor, `new` the side's version, `other` the other side's.
  init(old: [UInt8], new: [UInt8], other: [UInt8], now: [UInt8]) throws(GitError) {
    var table = LineTable()
    self.old = table.cut(old)
    self.new = table.cut(new)
    self.other = table.cut(other)
    self.now = table.cut(now)
    let count = table.classCount
    changes = try LineDiff.changes(from: self.old, to: self.new, classCount: count)
    let kept = try LineDiff.changes(from: self.new, to: self.now, classCount: count)
    target = Self.targets(self.new.count, kept)
  }

  private static func targets(_ count: Int, _ changes: [LineChange]) -> [Int?] {
    var target: [Int?] = []
    var line = 0
    for change in changes {
      while target.count < change.old.lowerBound {
        target.append(line)
        line += 1
      }
      target += Array(repeating: nil, count: change.old.count)
      line = change.new.upperBound
    }
    while target.count < count {
      target.append(line)
      line += 1
    }
    return target
  }

  /// Every change of the side with its fate.
  func fates(side: SideHunk.Side, path: String) -> [(SideHunk, HunkFate)] {
    changes.map { change in
      let text = { (lines: ArraySlice<UInt8>) in String(decoding: lines, as: UTF8.self) }
      let hunk = SideHunk(
        side: side, path: path, lines: change.new.shifted(by: 1),
        removed: text(old.bytes(of: change.old)), added: text(new.bytes(of: change.new)))
      return (hunk, fate(of: change))
    }
  }

  private func fate(of change: LineChange) -> HunkFate {
    let added = change.new.filter { isSignificant(new, $0) }
    if added.contains(where: { target[$0] == nil }) {
      if let place = firstBlock(of: change.new) { return .moved(to: "line \(place + 1)") }
      return .missing
    }
    if isBack(change) { return .reverted }
    return isDoubled(change) ? .duplicated : .present
  }

  /// True if a line that the change removed stands in the result more often than it should.
  private func isBack(_ change: LineChange) -> Bool {
    let removed = Set(change.old.filter { isSignificant(old, $0) }.map { old.classes[$0] })
    return removed.contains { count($0, now) > expected($0) }
  }

  /// True if lines that the change added stand in the result more often than they should.
  private func isDoubled(_ change: LineChange) -> Bool {
    let added = Set(change.new.filter { isSignificant(new, $0) }.map { new.classes[$0] })
    return added.contains { count($0, now) > expected($0) }
  }

  /// How often a line may stand in the result: as often as both sides' changes together make it.
  private func expected(_ kind: Int32) -> Int {
    let sum = count(kind, new) + count(kind, other) - count(kind, old)
    let isRemoved = count(kind, new) < count(kind, old) || count(kind, other) < count(kind, old)
    return isRemoved ? max(0, sum) : max(sum, count(kind, new), count(kind, other))
  }

  private func count(_ kind: Int32, _ text: TextLines) -> Int {
    text.classes.reduce(0) { $0 + ($1 == kind ? 1 : 0) }
  }

  /// Where the result has the lines of a change one after the other.
  private func firstBlock(of lines: Range<Int>) -> Int? {
    guard !lines.isEmpty, now.count >= lines.count else { return nil }
    return (0...now.count - lines.count).first { start in
      lines.allSatisfy { new.classes[$0] == now.classes[start + $0 - lines.lowerBound] }
    }
  }

  /// The file that has the added lines of a hunk one after the other.
  func place(
    of hunk: SideHunk, in texts: [(path: [UInt8], text: [UInt8])], but own: [UInt8]
  ) -> String? {
    let added = Self.trimmedLines(Array(hunk.added.utf8)).drop { $0.isEmpty }
    let wanted = Array(added.reversed().drop { $0.isEmpty }.reversed())
    guard !wanted.isEmpty else { return nil }
    for (path, text) in texts where path != own {
      let lines = Self.trimmedLines(text)
      guard lines.count >= wanted.count else { continue }
      for start in 0...lines.count - wanted.count
      where lines[start..<start + wanted.count].elementsEqual(wanted) {
        return "\(String(decoding: path, as: UTF8.self)):\(start + 1)"
      }
    }
    return nil
  }

  /// Lines without the white space around them, which moving code often changes.
  private static func trimmedLines(_ text: [UInt8]) -> [[UInt8]] {
    let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      Array(line.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
    if lines.last == [] { lines.removeLast() }
    return lines
  }

  /// Blank lines and lone brackets stand everywhere: their places say nothing.
  private func isSignificant(_ text: TextLines, _ line: Int) -> Bool {
    text.line(line).contains { byte in
      byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte)
    }
  }
}
