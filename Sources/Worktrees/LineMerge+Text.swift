/// How a conflict is shown in a file.
public struct ConflictStyle: Sendable, Hashable {
  /// The name beside the first marker: what the change is applied to.
  public var oursLabel: String
  /// The name of their common ancestor; nil leaves its text out, as git does by default.
  public var baseLabel: String?
  /// The name beside the last marker: the change.
  public var theirsLabel: String
  /// The number of characters of a marker.
  public var markerSize: Int

  /// Labels and the usual size of seven.
  public init(
    oursLabel: String = "base", baseLabel: String? = nil, theirsLabel: String = "branch",
    markerSize: Int = 7
  ) {
    self.oursLabel = oursLabel
    self.baseLabel = baseLabel
    self.theirsLabel = theirsLabel
    self.markerSize = markerSize
  }
}

extension LineMerge {
  /// The merged text, with markers around conflicts.
  func text(_ style: ConflictStyle) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(ours.bytes.count + theirs.bytes.count / 4)
    var line = 0
    for place in places where place.side != .neither {
      result += ours.bytes(of: line..<place.ours.lowerBound)
      switch place.side {
      case .ours, .neither: result += ours.bytes(of: place.ours)
      case .theirs: result += theirs.bytes(of: place.theirs)
      case .both: appendConflict(place, style, to: &result)
      }
      line = place.ours.upperBound
    }
    result += ours.bytes(of: line..<ours.count)
    return result
  }

  /// The merged text with the lines of both sides in every conflict: git's `union`.
  func union() -> [UInt8] {
    var result: [UInt8] = []
    var line = 0
    for place in places where place.side != .neither {
      result += ours.bytes(of: line..<place.ours.lowerBound)
      if place.side != .theirs { result += ours.bytes(of: place.ours) }
      if place.side == .both { endLine(&result, usesCarriageReturn(place)) }
      if place.side != .ours { result += theirs.bytes(of: place.theirs) }
      line = place.ours.upperBound
    }
    return result + ours.bytes(of: line..<ours.count)
  }

  private func appendConflict(_ place: Place, _ style: ConflictStyle, to result: inout [UInt8]) {
    let isCarriageReturn = usesCarriageReturn(place)
    func mark(_ character: Character, _ label: String) {
      let mark = String(repeating: character, count: style.markerSize)
      result += Array((label.isEmpty ? mark : mark + " " + label).utf8)
      result += isCarriageReturn ? [0x0D, 0x0A] : [0x0A]
    }
    func add(_ text: TextLines, _ lines: Range<Int>) {
      result += text.bytes(of: lines)
      if !lines.isEmpty { endLine(&result, isCarriageReturn) }
    }
    mark("<", style.oursLabel)
    add(ours, place.ours)
    if let label = style.baseLabel {
      mark("|", label)
      add(base, place.base)
    }
    mark("=", "")
    add(theirs, place.theirs)
    mark(">", style.theirsLabel)
  }

  private func endLine(_ result: inout [UInt8], _ isCarriageReturn: Bool) {
    guard let last = result.last, last != 0x0A else { return }
    result += isCarriageReturn ? [0x0D, 0x0A] : [0x0A]
  }

  /// True if the lines around a conflict end in CR LF on both sides.
  private func usesCarriageReturn(_ place: Place) -> Bool {
    var found = ours.endsWithCarriageReturn(at: max(0, place.ours.lowerBound - 1))
    if found != false {
      found = theirs.endsWithCarriageReturn(at: max(0, place.theirs.lowerBound - 1))
    }
    if found != false { found = base.endsWithCarriageReturn(at: 0) }
    return found ?? false
  }
}

extension TextLines {
  /// Whether a line ends in CR LF rather than LF; nil if there is no line end to tell by.
  fileprivate func endsWithCarriageReturn(at index: Int) -> Bool? {
    guard index < count else { return nil }
    let text = line(index)
    if text.last == 0x0A { return text.dropLast().last == 0x0D }
    return index > 0 ? line(index - 1).dropLast().last == 0x0D : nil
  }
}
