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
  /// The lines of `now` that were lines of one of the sides already, in their order.
  private let explained: Set<Int>
  /// How often lines that both sides added in one place were counted twice.
  private let once: [Int32: Int]

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
    let others = try LineDiff.changes(from: self.other, to: self.now, classCount: count)
    explained = Set((target + Self.targets(self.other.count, others)).compactMap { $0 })
    let its = try LineDiff.changes(from: self.old, to: self.other, classCount: count)
    once = Self.addedByBoth(self.new, changes, self.other, its)
  }

  /// Lines that both sides added in one place: once is enough for them, where each side has it as a line of its
  /// own and not within something that it added.
  private static func addedByBoth(
    _ new: TextLines, _ mine: [LineChange], _ other: TextLines, _ its: [LineChange]
  ) -> [Int32: Int] {
    var once: [Int32: Int] = [:]
    for one in mine {
      for two in its
      where one.old.lowerBound <= two.old.upperBound && two.old.lowerBound <= one.old.upperBound {
        let isSame = new.classes[one.new].elementsEqual(other.classes[two.new])
        let left = counts(new, outermost(new, one.new, all: isSame))
        let right = counts(other, outermost(other, two.new, all: isSame))
        for (kind, count) in left { once[kind, default: 0] += min(count, right[kind] ?? 0) }
      }
    }
    return once
  }

  private static func counts(_ text: TextLines, _ lines: [Int]) -> [Int32: Int] {
    Dictionary(lines.map { (text.classes[$0], 1) }, uniquingKeysWith: +)
  }

  /// The lines that say something and are indented least.
  private static func outermost(_ text: TextLines, _ lines: Range<Int>, all: Bool) -> [Int] {
    let found = lines.filter { isSignificant(text, $0) }
    let depth = { (line: Int) in
      text.line(line).prefix { $0 == 0x20 || $0 == 0x09 }.count
    }
    let least = found.map(depth).min()
    return all ? found : found.filter { depth($0) == least }
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
    var claimed: Set<Int> = []
    return changes.map { change in
      let text = { (lines: ArraySlice<UInt8>) in String(decoding: lines, as: UTF8.self) }
      let hunk = SideHunk(
        side: side, path: path, lines: change.new.shifted(by: 1),
        removed: text(old.bytes(of: change.old)), added: text(new.bytes(of: change.new)))
      return (hunk, fate(of: change, &claimed))
    }
  }

  private func fate(of change: LineChange, _ claimed: inout Set<Int>) -> HunkFate {
    let added = change.new.filter { Self.isSignificant(new, $0) }
    if added.contains(where: { target[$0] == nil }) {
      guard let place = freshBlock(of: change.new, but: claimed) else { return .missing }
      claimed.formUnion(place..<place + change.new.count)
      return .moved(to: "line \(place + 1)")
    }
    if isBack(change) { return .reverted }
    return isDoubled(change) ? .duplicated : .present
  }

  /// True if a line that the change removed stands in the result more often than it should.
  private func isBack(_ change: LineChange) -> Bool {
    let removed = Set(change.old.filter { Self.isSignificant(old, $0) }.map { old.classes[$0] })
    return removed.contains { count($0, now) > expected($0) }
  }

  /// True if lines that the change added stand in the result more often than they should.
  private func isDoubled(_ change: LineChange) -> Bool {
    let added = Set(change.new.filter { Self.isSignificant(new, $0) }.map { new.classes[$0] })
    return added.contains { count($0, now) > expected($0) }
  }

  /// How often a line may stand in the result: as often as both sides' changes together make it.
  private func expected(_ kind: Int32) -> Int {
    let sum = count(kind, new) + count(kind, other) - count(kind, old)
    let isRemoved = count(kind, new) < count(kind, old) || count(kind, other) < count(kind, old)
    if isRemoved { return max(0, sum) }
    return max(sum - (once[kind] ?? 0), count(kind, new), count(kind, other))
  }

  private func count(_ kind: Int32, _ text: TextLines) -> Int {
    text.classes.reduce(0) { $0 + ($1 == kind ? 1 : 0) }
  }

  /// Where the result has the lines of a change one after the other, as no side had them there.
  private func freshBlock(of lines: Range<Int>, but claimed: Set<Int>) -> Int? {
    guard !lines.isEmpty, now.count >= lines.count else { return nil }
    return (0...now.count - lines.count).first { start in
      let isBlock = lines.allSatisfy {
        new.classes[$0] == now.classes[start + $0 - lines.lowerBound]
      }
      return isBlock
        && (start..<start + lines.count).contains {
          Self.isSignificant(now, $0) && !explained.contains($0) && !claimed.contains($0)
        }
    }
  }

  /// A file that the resolution changed, before and after.
  struct Elsewhere {
    let path: [UInt8]
    let before: [UInt8]
    let after: [UInt8]
  }

  /// The file into which the resolution put the added lines of a hunk one after the other.
  ///
  /// `claimed` are places that other hunks have been found at.
  func place(
    of hunk: SideHunk, in files: [Elsewhere], but own: [UInt8], _ claimed: inout Set<String>
  ) -> String? {
    let added = Self.trimmedLines(Array(hunk.added.utf8)).drop { $0.isEmpty }
    let wanted = Array(added.reversed().drop { $0.isEmpty }.reversed())
    guard !wanted.isEmpty else { return nil }
    for file in files where file.path != own {
      let name = String(decoding: file.path, as: UTF8.self)
      let places = Self.blocks(of: wanted, in: file.after).map { "\(name):\($0 + 1)" }
      let count = places.count - Self.blocks(of: wanted, in: file.before).count
      guard count > places.filter(claimed.contains).count else { continue }
      guard let found = places.first(where: { !claimed.contains($0) }) else { continue }
      claimed.insert(found)
      return found
    }
    return nil
  }

  private static func blocks(of wanted: [[UInt8]], in text: [UInt8]) -> [Int] {
    let lines = trimmedLines(text)
    guard lines.count >= wanted.count else { return [] }
    return (0...lines.count - wanted.count).filter {
      lines[$0..<$0 + wanted.count].elementsEqual(wanted)
    }
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
  private static func isSignificant(_ text: TextLines, _ line: Int) -> Bool {
    text.line(line).contains { byte in
      byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte)
    }
  }
}
