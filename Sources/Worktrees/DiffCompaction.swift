internal import Git2

/// Moves groups of changed lines to where git shows them, and joins groups that touch.
///
/// A group may slide over lines that equal its own first or last one; git slides it down as far as it
/// goes, or to the last place where it stands against a group of the other text.
struct DiffCompaction {
  private let classes: [Int32]
  /// One flag a line, with a false one before the first and after the last.
  private var isChanged: [Bool]

  /// The changes of both texts after every group has found its place.
  static func settled(
    old: (classes: [Int32], isChanged: [Bool]), new: (classes: [Int32], isChanged: [Bool])
  ) -> [LineChange] {
    var oldSide = DiffCompaction(classes: old.classes, isChanged: old.isChanged)
    var newSide = DiffCompaction(classes: new.classes, isChanged: new.isChanged)
    oldSide.settle(against: newSide)
    newSide.settle(against: oldSide)
    return pairs(oldSide, newSide)
  }

  private init(classes: [Int32], isChanged: [Bool]) {
    self.classes = classes
    self.isChanged = [false] + isChanged + [false]
  }

  private func isChanged(at line: Int) -> Bool { isChanged[line + 1] }

  private static func pairs(_ old: DiffCompaction, _ new: DiffCompaction) -> [LineChange] {
    var changes: [LineChange] = []
    var (oldLine, newLine) = (0, 0)
    while oldLine < old.classes.count || newLine < new.classes.count {
      let (oldStart, newStart) = (oldLine, newLine)
      while old.isChanged(at: oldLine) { oldLine += 1 }
      while new.isChanged(at: newLine) { newLine += 1 }
      if oldLine > oldStart || newLine > newStart {
        changes.append(LineChange(old: oldStart..<oldLine, new: newStart..<newLine))
      }
      oldLine += 1
      newLine += 1
    }
    return changes
  }

  private func group(from start: Int) -> Range<Int> {
    var end = start
    while isChanged(at: end) { end += 1 }
    return start..<end
  }

  /// The group after one; nil at the end of the text.
  private func following(_ group: Range<Int>) -> Range<Int>? {
    group.upperBound == classes.count ? nil : self.group(from: group.upperBound + 1)
  }

  /// The group before one; nil at the beginning of the text.
  private func preceding(_ group: Range<Int>) -> Range<Int>? {
    guard group.lowerBound > 0 else { return nil }
    let end = group.lowerBound - 1
    var start = end
    while isChanged(at: start - 1) { start -= 1 }
    return start..<end
  }

  private mutating func slideUp(_ group: inout Range<Int>) -> Bool {
    let (start, end) = (group.lowerBound, group.upperBound)
    guard start > 0, classes[start - 1] == classes[end - 1] else { return false }
    isChanged[start] = true
    isChanged[end] = false
    var first = start - 1
    while isChanged(at: first - 1) { first -= 1 }
    group = first..<end - 1
    return true
  }

  private mutating func slideDown(_ group: inout Range<Int>) -> Bool {
    let (start, end) = (group.lowerBound, group.upperBound)
    guard end < classes.count, classes[start] == classes[end] else { return false }
    isChanged[start + 1] = false
    isChanged[end + 1] = true
    var last = end + 1
    while isChanged(at: last) { last += 1 }
    group = start + 1..<last
    return true
  }

  private mutating func settle(against other: DiffCompaction) {
    var group = group(from: 0)
    var opposite = other.group(from: 0)
    while true {
      if !group.isEmpty { place(&group, &opposite, against: other) }
      guard let next = following(group), let nextOpposite = other.following(opposite) else {
        return
      }
      (group, opposite) = (next, nextOpposite)
    }
  }

  private mutating func place(
    _ group: inout Range<Int>, _ opposite: inout Range<Int>, against other: DiffCompaction
  ) {
    var size: Int
    var earliestEnd: Int
    var matches: Bool
    repeat {
      size = group.count
      matches = false
      while slideUp(&group) { opposite = other.preceding(opposite) ?? opposite }
      earliestEnd = group.upperBound
      if !opposite.isEmpty { matches = true }
      while slideDown(&group) {
        opposite = other.following(opposite) ?? opposite
        if !opposite.isEmpty { matches = true }
      }
    } while size != group.count
    guard group.upperBound != earliestEnd, matches else { return }
    while opposite.isEmpty {
      guard slideUp(&group), let previous = other.preceding(opposite) else { return }
      opposite = previous
    }
  }
}
