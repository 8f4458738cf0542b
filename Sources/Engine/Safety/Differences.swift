/// What was changed outside of a worker's room, in sentences, the gravest first; much of one kind hides no other.
struct Differences: Sendable, Equatable {
  /// Kinds of sentences, in the order in which they are told, with how many of each are.
  enum Kind: Int, Sendable, CaseIterable {
    /// The record of how it stood before is gone, or the state was moved.
    case record
    /// What of the attempt's commits the remote has, which orch did not push.
    case pushes
    /// What is as it was again.
    case undone
    /// Hooks, and other files that git obeys.
    case gitFiles
    /// Settings.
    case settings
    /// The main checkout's HEAD.
    case checkout
    /// References.
    case references
    /// Files of the main checkout.
    case files
    /// What is to be kept in mind with all of it.
    case remark

    /// How many are told; more are only counted.
    var limit: Int {
      switch self {
      case .record, .checkout, .remark: 3
      case .undone: 10
      case .pushes, .gitFiles, .settings, .references: 6
      case .files: 4
      }
    }
  }

  private(set) var sentences: [Kind: [String]] = [:]

  /// True if nothing is told.
  var isEmpty: Bool { sentences.isEmpty }

  /// What was undone, cannot be undone here, or cannot be shown not to have been done: a person has to look at it.
  var grave: [String] {
    [Kind.record, .pushes, .undone].flatMap { sentences[$0] ?? [] }
  }

  /// Adds a sentence, once.
  mutating func add(_ sentence: String, to kind: Kind) {
    if sentences[kind]?.contains(sentence) != true { sentences[kind, default: []].append(sentence) }
  }

  /// Adds all of another's.
  mutating func add(_ other: Differences) {
    for (kind, lines) in other.sentences { for line in lines { add(line, to: kind) } }
  }

  /// Without what is known of the kinds that a person who works in the main checkout brings about as well, and the
  /// sentences of those kinds.
  func withoutPassing(_ known: Set<String>) -> (Differences, passing: Set<String>) {
    var rest = self
    var passing: Set<String> = []
    for kind in [Kind.references, .files] {
      guard let lines = sentences[kind] else { continue }
      passing.formUnion(lines)
      let fresh = lines.filter { !known.contains($0) }
      rest.sentences[kind] = fresh.isEmpty ? nil : fresh
    }
    return (rest, passing)
  }

  /// All that is told, each kind within its limit.
  var lines: [String] {
    Kind.allCases.flatMap { kind -> [String] in
      let all = sentences[kind] ?? []
      let rest = all.count - kind.limit
      return all.prefix(kind.limit) + (rest > 0 ? ["and \(rest) more of this kind"] : [])
    }
  }
}
