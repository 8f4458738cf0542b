public import Git2

/// How a conflict of one file was resolved once.
public struct Resolution: Sendable, Hashable {
  /// The conflict's id: git's own (`rerere`), over both sides' lines without labels and order.
  public let id: String
  /// The file in conflict, with markers without labels and each conflict's sides in a fixed order.
  public let preimage: [UInt8]
  /// The file as it was resolved.
  public let postimage: [UInt8]

  /// All parts, as they were stored.
  public init(id: String, preimage: [UInt8], postimage: [UInt8]) {
    self.id = id
    self.preimage = preimage
    self.postimage = postimage
  }
}

/// Resolutions by conflict, to be used again when the same conflict comes back.
public struct ResolutionStore: Sendable, Hashable {
  /// Of each conflict the resolutions in the order in which they were made.
  public private(set) var resolutions: [String: [Resolution]] = [:]

  /// A store with what was kept elsewhere.
  public init(_ resolutions: some Sequence<Resolution> = []) {
    for resolution in resolutions { insert(resolution) }
  }

  /// True if nothing is known.
  public var isEmpty: Bool { resolutions.isEmpty }

  /// Adds a resolution as the newest one.
  public mutating func insert(_ resolution: Resolution) {
    let known = resolutions[resolution.id] ?? []
    resolutions[resolution.id] = known.filter { $0 != resolution } + [resolution]
  }

  /// Learns how a file with conflict markers was resolved; nil if it has none, or still has some.
  public mutating func learn(conflicted: [UInt8], resolved: [UInt8]) -> Resolution? {
    guard let conflict = ConflictImage(conflicted), !ConflictImage.hasMarkers(resolved) else {
      return nil
    }
    let resolution = Resolution(
      id: conflict.id, preimage: conflict.normalized, postimage: resolved)
    insert(resolution)
    return resolution
  }

  /// The resolved file for one with conflict markers, by the newest resolution that fits.
  ///
  /// Nil if the conflict is new, or if what is around it changed so that no old resolution fits.
  public func resolve(_ conflicted: [UInt8]) throws(GitError) -> [UInt8]? {
    guard let conflict = ConflictImage(conflicted) else { return nil }
    for known in (resolutions[conflict.id] ?? []).reversed() {
      let merge = try LineMerge(
        base: known.preimage, ours: conflict.normalized, theirs: known.postimage)
      if merge.isClean { return merge.text(ConflictStyle()) }
    }
    return nil
  }
}

/// A file with conflict markers in the form that git's `rerere` compares.
struct ConflictImage {
  /// The hash over all conflicts' sides.
  let id: String
  /// The file with its conflicts in that form.
  let normalized: [UInt8]

  private static let markerSize = 7
  /// Conflicts within conflicts are read to this depth; merges of merges leave two or three.
  private static let maximumDepth = 32

  /// Reads a file's conflicts; nil if it has none or they are broken.
  init?(_ bytes: [UInt8]) {
    var lines = Self.lines(bytes)[...]
    var normalized: [UInt8] = []
    var hashed: [UInt8] = []
    var count = 0
    while let line = lines.popFirst() {
      guard Self.isMarker(line, "<") else {
        normalized += line
        continue
      }
      guard let conflict = Self.conflict(&lines, depth: 1) else { return nil }
      count += 1
      normalized += conflict.text
      hashed += conflict.one + [0] + conflict.other + [0]
    }
    guard count > 0 else { return nil }
    id = ObjectID(digestOf: hashed).hex
    self.normalized = normalized
  }

  /// True if a line begins like a conflict's first or last marker.
  static func hasMarkers(_ bytes: [UInt8]) -> Bool {
    lines(bytes).contains { isMarker($0, "<") || isMarker($0, ">") }
  }

  /// The lines, counted from 1, that look like a conflict's markers.
  ///
  /// A line of equals signs counts only beside one of the others: it may underline a heading.
  static func markerLines(_ bytes: [UInt8]) -> [Int] {
    let all = lines(bytes)
    let found = all.indices.filter { index in
      ["<", "|", ">"].contains { isMarker(all[index], $0) }
    }
    let middles = all.indices.filter { isMarker(all[$0], "=") && all[$0].count <= markerSize + 2 }
    let isHeading = found.isEmpty
    return (found + (isHeading ? [] : middles)).sorted().map { $0 + 1 }
  }

  /// The lines, counted from 1, that look like a conflict's markers and stand there more often than in any of the
  /// sides: a file may rightly hold such lines.
  ///
  /// In a file that was in conflict a lone line of equals signs counts too.
  static func markerLines(
    _ bytes: [UInt8], notOf sides: [[UInt8]], wasInConflict: Bool
  ) -> [Int] {
    let all = lines(bytes)
    func isMiddle(_ line: ArraySlice<UInt8>) -> Bool {
      isMarker(line, "=") && line.count <= markerSize + 2
    }
    func isAny(_ line: ArraySlice<UInt8>) -> Bool {
      isMiddle(line) || ["<", "|", ">"].contains { isMarker(line, $0) }
    }
    func counts(_ lines: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>: Int] {
      Dictionary(lines.filter(isAny).map { ($0, 1) }, uniquingKeysWith: +)
    }
    let present = counts(all)
    if present.isEmpty { return [] }
    let allowed = sides.map { counts(lines($0)) }
    let isLeft = { (line: ArraySlice<UInt8>) in
      (present[line] ?? 0) > (allowed.map { $0[line] ?? 0 }.max() ?? 0)
    }
    let found = all.indices.filter { isAny(all[$0]) && isLeft(all[$0]) }
    if !wasInConflict, found.allSatisfy({ isMiddle(all[$0]) }) { return [] }
    return found.map { $0 + 1 }
  }

  /// The conflict after its first marker: both sides in the order of their bytes.
  private static func conflict(
    _ lines: inout ArraySlice<ArraySlice<UInt8>>, depth: Int
  ) -> (one: [UInt8], other: [UInt8], text: [UInt8])? {
    enum Part { case ours, base, theirs }
    var part = Part.ours
    var sides: [Part: [UInt8]] = [.ours: [], .theirs: []]
    while let line = lines.popFirst() {
      if isMarker(line, "<") {
        guard depth < maximumDepth, let inner = conflict(&lines, depth: depth + 1) else {
          return nil
        }
        sides[part]? += inner.text
      } else if isMarker(line, "|"), part == .ours {
        part = .base
      } else if isMarker(line, "="), part != .theirs {
        part = .theirs
      } else if isMarker(line, ">"), part == .theirs {
        var (one, other) = (sides[.ours] ?? [], sides[.theirs] ?? [])
        if other.lexicographicallyPrecedes(one) { swap(&one, &other) }
        let text = mark("<") + one + mark("=") + other + mark(">")
        return (one, other, text)
      } else if isMarker(line, "|") || isMarker(line, "=") || isMarker(line, ">") {
        return nil
      } else {
        sides[part]? += line
      }
    }
    return nil
  }

  private static func mark(_ character: Character) -> [UInt8] {
    Array((String(repeating: character, count: markerSize) + "\n").utf8)
  }

  /// Seven equal characters, then a space or the line's end; the middle one stands alone.
  private static func isMarker(_ line: ArraySlice<UInt8>, _ character: Character) -> Bool {
    guard let byte = character.asciiValue, line.count > markerSize,
      line.prefix(markerSize).allSatisfy({ $0 == byte })
    else { return false }
    let next = line[line.startIndex + markerSize]
    return next == 0x20 || (0x09...0x0D).contains(next)
  }

  private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var result: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
      result.append(bytes[start..<end])
      start = end
    }
    return result
  }
}
