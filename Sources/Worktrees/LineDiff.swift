internal import Git2

/// The changes between two texts by the histogram method, which git's merges use: split at the
/// longest common run of lines that has the rarest line, and go on to both sides of it.
///
/// Results equal those of git's `--diff-algorithm=histogram`, so that merges end in the same trees.
struct LineDiff {
  /// Lines that occur more often than this do not split a text.
  static let maximumOccurrences = 64

  private let old: TextLines
  private let new: TextLines
  private var isOldChanged: [Bool]
  private var isNewChanged: [Bool]
  /// Per class of lines: how often it is in the part of the old text at hand, and where first.
  private var occurrences: [Int32]
  private var first: [Int32]
  /// Per old line: the next one of its class in the part at hand, or -1.
  private var next: [Int32]

  /// The changes between two texts that one table has cut; `classCount` is that table's.
  static func changes(
    from old: TextLines, to new: TextLines, classCount: Int
  ) throws(GitError) -> [LineChange] {
    var diff = LineDiff(old, new, classCount)
    try diff.compare(0..<old.count, 0..<new.count)
    let changed = DiffCompaction.settled(
      old: (old.classes, diff.isOldChanged), new: (new.classes, diff.isNewChanged))
    return changed
  }

  private init(_ old: TextLines, _ new: TextLines, _ classCount: Int) {
    self.old = old
    self.new = new
    isOldChanged = [Bool](repeating: false, count: old.count)
    isNewChanged = [Bool](repeating: false, count: new.count)
    occurrences = [Int32](repeating: 0, count: classCount)
    first = [Int32](repeating: -1, count: classCount)
    next = [Int32](repeating: -1, count: old.count)
  }

  private mutating func compare(
    _ oldPart: Range<Int>, _ newPart: Range<Int>
  ) throws(GitError) {
    var (oldPart, newPart) = (oldPart, newPart)
    while !oldPart.isEmpty, !newPart.isEmpty {
      switch longestRareRun(oldPart, newPart) {
      case .nothing: break
      case .tooCommon: return try compareByMyers(oldPart, newPart)
      case .run(let common):
        try compare(
          oldPart.lowerBound..<common.old.lowerBound, newPart.lowerBound..<common.new.lowerBound)
        oldPart = common.old.upperBound..<oldPart.upperBound
        newPart = common.new.upperBound..<newPart.upperBound
        continue
      }
      break
    }
    for line in oldPart { isOldChanged[line] = true }
    for line in newPart { isNewChanged[line] = true }
  }

  private mutating func compareByMyers(
    _ oldPart: Range<Int>, _ newPart: Range<Int>
  ) throws(GitError) {
    let changes = try Repository.lineChanges(
      from: Array(old.bytes(of: oldPart)), to: Array(new.bytes(of: newPart)))
    for change in changes {
      for line in change.old { isOldChanged[oldPart.lowerBound + line] = true }
      for line in change.new { isNewChanged[newPart.lowerBound + line] = true }
    }
  }

  private enum Search {
    case nothing
    case tooCommon
    case run(LineChange)
  }

  private mutating func longestRareRun(_ oldPart: Range<Int>, _ newPart: Range<Int>) -> Search {
    for line in oldPart.reversed() {
      let kind = Int(old.classes[line])
      next[line] = first[kind]
      first[kind] = Int32(line)
      occurrences[kind] += 1
    }
    defer {
      for line in oldPart {
        first[Int(old.classes[line])] = -1
        occurrences[Int(old.classes[line])] = 0
      }
    }
    var best: LineChange?
    var rarity = Int32(Self.maximumOccurrences + 1)
    var hasCommon = false
    var line = newPart.lowerBound
    while line < newPart.upperBound {
      let kind = Int(new.classes[line])
      var following = line + 1
      if occurrences[kind] > rarity {
        hasCommon = true
      } else if occurrences[kind] > 0 {
        hasCommon = true
        var place = Int(first[kind])
        while place >= 0 {
          let (run, rarest) = extended(place, line, within: oldPart, newPart)
          following = max(following, run.new.upperBound)
          if (best?.old.count ?? 1) < run.old.count || rarest < rarity {
            best = run
            rarity = rarest
          }
          place = Int(next[place])
          while place >= 0, place < run.old.upperBound { place = Int(next[place]) }
        }
      }
      line = following
    }
    if hasCommon, rarity > Self.maximumOccurrences { return .tooCommon }
    return best.map { .run($0) } ?? .nothing
  }

  /// The common run around a pair of equal lines, and how often its rarest line occurs.
  private func extended(
    _ oldLine: Int, _ newLine: Int, within oldPart: Range<Int>, _ newPart: Range<Int>
  ) -> (run: LineChange, rarest: Int32) {
    var (oldStart, newStart) = (oldLine, newLine)
    var (oldEnd, newEnd) = (oldLine, newLine)
    var rarest = occurrences[Int(old.classes[oldLine])]
    while oldStart > oldPart.lowerBound, newStart > newPart.lowerBound,
      old.classes[oldStart - 1] == new.classes[newStart - 1]
    {
      oldStart -= 1
      newStart -= 1
      if rarest > 1 { rarest = min(rarest, occurrences[Int(old.classes[oldStart])]) }
    }
    while oldEnd + 1 < oldPart.upperBound, newEnd + 1 < newPart.upperBound,
      old.classes[oldEnd + 1] == new.classes[newEnd + 1]
    {
      oldEnd += 1
      newEnd += 1
      if rarest > 1 { rarest = min(rarest, occurrences[Int(old.classes[oldEnd])]) }
    }
    return (LineChange(old: oldStart..<oldEnd + 1, new: newStart..<newEnd + 1), rarest)
  }
}
