internal import Git2

/// Finds out which removed files of one side of a merge became which added ones.
///
/// Equal contents first, then files whose name is alone on both sides, then the most similar pairs;
/// the same steps and thresholds as git's, so that the pairs are the same.
struct RenameFinder {
  /// A file that one side removed or added.
  struct Candidate {
    let path: [UInt8]
    let version: FileVersion
    /// True for a removed file whose new place matters to the merge.
    var isRelevant = false
  }

  /// git's own limit for merges, where none is configured.
  static let standardLimit = 7000
  /// The best sources that are kept for one added file.
  private static let candidatesPerFile = 4

  private let removed: [Candidate]
  private let added: [Candidate]
  private let limit: Int
  private var sourceOf: [Int?]
  private var isUsed: [Bool]
  private var sizes: [ObjectID: Int] = [:]
  private var measures: [ObjectID: Similarity] = [:]

  /// The new path of each removed file that was renamed; more pairs than the square of `limit` are not compared.
  static func renames(
    removed: [Candidate], added: [Candidate], limit: Int, objects: MergeObjects,
    in repository: borrowing Repository
  ) throws -> [[UInt8]: [UInt8]] {
    guard removed.contains(where: \.isRelevant), !added.isEmpty else { return [:] }
    var finder = RenameFinder(removed: removed, added: added, limit: limit)
    finder.matchContents()
    try finder.matchNames(objects, in: repository)
    try finder.matchSimilar(objects, in: repository)
    var result: [[UInt8]: [UInt8]] = [:]
    for (index, source) in finder.sourceOf.enumerated() {
      if let source { result[finder.removed[source].path] = finder.added[index].path }
    }
    return result
  }

  private init(removed: [Candidate], added: [Candidate], limit: Int) {
    self.limit = limit
    // Empty files are like every other empty file: they are never taken for renamed.
    let precedes = { (one: Candidate, other: Candidate) in
      one.path.lexicographicallyPrecedes(other.path)
    }
    self.removed = removed.filter { !$0.version.isEmpty }.sorted(by: precedes)
    self.added = added.filter { !$0.version.isEmpty }.sorted(by: precedes)
    sourceOf = Array(repeating: nil, count: self.added.count)
    isUsed = Array(repeating: false, count: self.removed.count)
  }

  private mutating func pair(_ source: Int, _ target: Int) {
    sourceOf[target] = source
    isUsed[source] = true
  }

  private mutating func matchContents() {
    var sources: [ObjectID: [Int]] = [:]
    for (index, file) in removed.enumerated() {
      sources[file.version.id, default: []].append(index)
    }
    for (index, file) in added.enumerated() {
      let equal = (sources[file.version.id] ?? []).filter { source in
        let old = removed[source].version
        let areFiles = old.isRegular && file.version.isRegular
        return !isUsed[source] && (areFiles || old.mode == file.version.mode)
      }
      let sameName = equal.first { removed[$0].path.name == file.path.name }
      if let source = sameName ?? equal.first { pair(source, index) }
    }
  }

  private mutating func matchNames(
    _ objects: MergeObjects, in repository: borrowing Repository
  ) throws {
    var sources: [ArraySlice<UInt8>: [Int]] = [:]
    for index in relevantSources { sources[removed[index].path.name, default: []].append(index) }
    var targets: [ArraySlice<UInt8>: [Int]] = [:]
    for index in added.indices where sourceOf[index] == nil {
      targets[added[index].path.name, default: []].append(index)
    }
    for source in relevantSources {
      let name = removed[source].path.name
      guard sources[name]?.count == 1, let found = targets[name], found.count == 1 else { continue }
      let score = try score(source, found[0], Similarity.nameThreshold, objects, in: repository)
      if score >= Similarity.nameThreshold { pair(source, found[0]) }
    }
  }

  private var relevantSources: [Int] {
    removed.indices.filter { !isUsed[$0] && removed[$0].isRelevant }
  }

  private mutating func matchSimilar(
    _ objects: MergeObjects, in repository: borrowing Repository
  ) throws {
    struct Match {
      let score: Int
      let isSameName: Bool
      let source: Int
      let target: Int

      func isBetter(than other: Match) -> Bool {
        (score, isSameName ? 1 : 0) > (other.score, other.isSameName ? 1 : 0)
      }
    }
    let sources = relevantSources
    let targets = added.indices.filter { sourceOf[$0] == nil }
    guard sources.count * targets.count <= limit * limit else { return }
    var matches: [Match] = []
    for target in targets {
      var best: [Match] = []
      for source in sources {
        let score = try score(source, target, Similarity.threshold, objects, in: repository)
        guard score >= Similarity.threshold else { continue }
        let isSameName = removed[source].path.name == added[target].path.name
        let match = Match(score: score, isSameName: isSameName, source: source, target: target)
        best.append(match)
      }
      best = best.enumerated().sorted { one, other in
        one.element.isBetter(than: other.element)
          || (!other.element.isBetter(than: one.element) && one.offset < other.offset)
      }.map(\.element)
      matches += best.prefix(Self.candidatesPerFile)
    }
    let order = matches.enumerated().sorted { one, other in
      one.element.isBetter(than: other.element)
        || (!other.element.isBetter(than: one.element) && one.offset < other.offset)
    }
    for (_, match) in order where sourceOf[match.target] == nil && !isUsed[match.source] {
      pair(match.source, match.target)
    }
  }

  private mutating func score(
    _ source: Int, _ target: Int, _ minimum: Int, _ objects: MergeObjects,
    in repository: borrowing Repository
  ) throws -> Int {
    let (old, new) = (removed[source].version, added[target].version)
    guard old.isRegular, new.isRegular,
      Similarity.canReach(
        minimum, try size(old.id, objects, in: repository),
        try size(new.id, objects, in: repository))
    else { return 0 }
    return try Similarity.score(
      measure(old.id, objects, in: repository), measure(new.id, objects, in: repository),
      minimum: minimum)
  }

  /// A file's size, without reading its content.
  private mutating func size(
    _ id: ObjectID, _ objects: MergeObjects, in repository: borrowing Repository
  ) throws -> Int {
    if let known = sizes[id] { return known }
    let size =
      try objects.pack[id]?.bytes.count ?? repository.header(of: id)?.size
      ?? objects.blob(id, in: repository).count
    sizes[id] = size
    return size
  }

  private mutating func measure(
    _ id: ObjectID, _ objects: MergeObjects, in repository: borrowing Repository
  ) throws -> Similarity {
    if let known = measures[id] { return known }
    let measure = Similarity(try objects.blob(id, in: repository))
    measures[id] = measure
    return measure
  }
}

extension [UInt8] {
  /// The part of a path behind the last slash.
  var name: ArraySlice<UInt8> { suffix(from: lastIndex(of: 0x2F).map { $0 + 1 } ?? 0) }

  /// The part of a path before the last slash; empty at the root.
  var folder: [UInt8] { Array(prefix(upTo: lastIndex(of: 0x2F) ?? 0)) }
}
