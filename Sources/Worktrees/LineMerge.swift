internal import Git2

/// Two changes of one text brought together line by line, with the same outcome as git's own merge.
///
/// Places where both sides changed neighbouring lines are conflicts; a conflict is narrowed to the
/// lines in which the sides differ, and conflicts at most three lines apart are joined.
struct LineMerge {
  /// Conflicts with this many equal lines or fewer between them become one.
  static let joinedGap = 3

  /// Who changed a place.
  enum Side { case ours, theirs, both, neither }

  /// A changed place in all three texts.
  struct Place {
    var side: Side
    var base: Range<Int>
    var ours: Range<Int>
    var theirs: Range<Int>
  }

  let base: TextLines
  let ours: TextLines
  let theirs: TextLines
  /// Changed places in order; `both` marks conflicts, `neither` equal changes.
  private(set) var places: [Place] = []

  /// Merges the changes from `base` to `ours` and to `theirs`.
  ///
  /// With `isNarrowed` false, conflicts keep all their lines, as they must beside the base's text.
  init(
    base: [UInt8], ours: [UInt8], theirs: [UInt8], isNarrowed: Bool = true
  ) throws(GitError) {
    var table = LineTable()
    self.base = table.cut(base)
    self.ours = table.cut(ours)
    self.theirs = table.cut(theirs)
    let count = table.classCount
    let mine = try LineDiff.changes(from: self.base, to: self.ours, classCount: count)
    let its = try LineDiff.changes(from: self.base, to: self.theirs, classCount: count)
    align(mine, its)
    if isNarrowed, !mine.isEmpty, !its.isEmpty {
      try narrow(classCount: count)
      join()
    }
  }

  /// True if no place needs a decision.
  var isClean: Bool { !places.contains { $0.side == .both } }

  private mutating func align(_ mine: [LineChange], _ its: [LineChange]) {
    var (left, right) = (mine[...], its[...])
    while let one = left.first, let other = right.first {
      if one.old.upperBound < other.old.lowerBound {
        let shift = other.new.lowerBound - other.old.lowerBound
        append(.init(side: .ours, base: one.old, ours: one.new, theirs: one.old.shifted(by: shift)))
        left.removeFirst()
      } else if other.old.upperBound < one.old.lowerBound {
        let shift = one.new.lowerBound - one.old.lowerBound
        append(
          .init(
            side: .theirs, base: other.old, ours: other.old.shifted(by: shift), theirs: other.new))
        right.removeFirst()
      } else {
        if !isSame(one, other) { append(Self.overlap(one, other)) }
        if one.old.upperBound >= other.old.upperBound { right.removeFirst() }
        if other.old.upperBound >= one.old.upperBound { left.removeFirst() }
      }
    }
    let toTheirs = theirs.count - base.count
    for one in left {
      append(
        .init(side: .ours, base: one.old, ours: one.new, theirs: one.old.shifted(by: toTheirs)))
    }
    let toOurs = ours.count - base.count
    for other in right {
      append(
        .init(
          side: .theirs, base: other.old, ours: other.old.shifted(by: toOurs), theirs: other.new))
    }
  }

  private func isSame(_ one: LineChange, _ other: LineChange) -> Bool {
    one.old == other.old && one.new.count == other.new.count
      && ours.classes[one.new] == theirs.classes[other.new]
  }

  /// The conflict of two changes: both ranges widened to the union of the base's lines.
  private static func overlap(_ one: LineChange, _ other: LineChange) -> Place {
    let start = min(one.old.lowerBound, other.old.lowerBound)
    let end = max(one.old.upperBound, other.old.upperBound)
    func widened(_ change: LineChange) -> Range<Int> {
      let lower = change.new.lowerBound - (change.old.lowerBound - start)
      return lower..<change.new.upperBound + (end - change.old.upperBound)
    }
    return Place(side: .both, base: start..<end, ours: widened(one), theirs: widened(other))
  }

  /// Adds a place, or joins it with the last one if they touch on either side.
  private mutating func append(_ place: Place) {
    guard let last = places.last,
      place.ours.lowerBound <= last.ours.upperBound
        || place.theirs.lowerBound <= last.theirs.upperBound
    else {
      places.append(place)
      return
    }
    places[places.count - 1] = Place(
      side: place.side == last.side ? last.side : .both,
      base: last.base.lowerBound..<place.base.upperBound,
      ours: last.ours.lowerBound..<place.ours.upperBound,
      theirs: last.theirs.lowerBound..<place.theirs.upperBound)
  }

  private mutating func narrow(classCount: Int) throws(GitError) {
    var narrowed: [Place] = []
    for place in places {
      guard place.side == .both, !place.ours.isEmpty, !place.theirs.isEmpty else {
        narrowed.append(place)
        continue
      }
      let changes = try LineDiff.changes(
        from: ours.part(place.ours), to: theirs.part(place.theirs), classCount: classCount)
      if changes.isEmpty {
        narrowed.append(
          Place(side: .neither, base: place.base, ours: place.ours, theirs: place.theirs))
      }
      for change in changes {
        narrowed.append(
          Place(
            side: .both, base: place.base, ours: change.old.shifted(by: place.ours.lowerBound),
            theirs: change.new.shifted(by: place.theirs.lowerBound)))
      }
    }
    places = narrowed
  }

  private mutating func join() {
    var joined: [Place] = []
    for place in places {
      guard let last = joined.last, last.side == .both, place.side == .both,
        place.ours.lowerBound - last.ours.upperBound <= Self.joinedGap
      else {
        joined.append(place)
        continue
      }
      joined[joined.count - 1] = Place(
        side: .both, base: last.base.lowerBound..<max(last.base.upperBound, place.base.upperBound),
        ours: last.ours.lowerBound..<place.ours.upperBound,
        theirs: last.theirs.lowerBound..<place.theirs.upperBound)
    }
    places = joined
  }
}

extension Range<Int> {
  /// The range moved along.
  func shifted(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}

extension TextLines {
  /// Neighbouring lines as a text of their own, with the same numbers.
  func part(_ lines: Range<Int>) -> TextLines {
    let offset = starts[lines.lowerBound]
    return TextLines(
      bytes: Array(bytes(of: lines)),
      starts: starts[lines.lowerBound...lines.upperBound].map { $0 - offset },
      classes: Array(classes[lines]))
  }
}
