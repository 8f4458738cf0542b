/// A piece of a plan: a task that is not made yet.
public struct PlannedTask: Sendable, Hashable {
  /// One line.
  public var title: String
  /// What is asked for.
  public var body: String
  /// Labels, without those that say what comes first.
  public var labels: [String]
  /// The agent that should do it.
  public var agent: String?
  /// The pieces that must be done before it, by their place, counted from 0 and sorted.
  public var after: [Int]

  /// All parts.
  public init(
    title: String, body: String = "", labels: [String] = [], agent: String? = nil,
    after: [Int] = []
  ) {
    self.title = title
    self.body = body
    self.labels = labels
    self.agent = agent
    self.after = after
  }

  /// The files that it will probably change: the lines of the body's section `Files`.
  public var files: [String] {
    section("files").compactMap { line in
      let name = line.drop { " -*`\t".contains($0) }.prefix { !" `\t".contains($0) }
      return name.isEmpty ? nil : String(name)
    }
  }

  /// True if the body has a section `Acceptance` that says something.
  public var hasAcceptance: Bool { !section("acceptance").isEmpty }

  /// The lines under a heading of the body, up to the next heading.
  private func section(_ name: String) -> [Substring] {
    var isInside = false
    var lines: [Substring] = []
    for line in body.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("#") {
        isInside = line.drop { $0 == "#" || $0 == " " }.lowercased().hasPrefix(name)
      } else if isInside {
        lines.append(line)
      }
    }
    return lines
  }
}

/// The division of a task into pieces, as a worker proposes it.
public struct WorkPlan: Sendable, Hashable {
  /// The most pieces: more is no plan that a person can judge.
  public static let maximumTasks = 50
  /// The most that titles, bodies and labels take together, in bytes: a file of the state is bounded.
  public static let maximumBytes = 128 * 1024
  /// The label that names a piece that must be done before, counted from 1.
  static let afterLabel = "after:"

  /// The pieces in the worker's order.
  public var tasks: [PlannedTask]

  /// A plan of pieces that are known to be in order.
  public init(tasks: [PlannedTask]) { self.tasks = tasks }

  /// Reads what a worker proposes; throws `PlanProblem` for what cannot be carried out.
  public init(_ delegations: [Delegation]) throws(PlanProblem) {
    guard delegations.count <= Self.maximumTasks else {
      throw .tooMany(delegations.count, limit: Self.maximumTasks)
    }
    let bytes = delegations.reduce(0) { sum, piece in
      sum
        + piece.labels.reduce(piece.title.utf8.count + piece.body.utf8.count) { $0 + $1.utf8.count }
    }
    guard bytes <= Self.maximumBytes else { throw .tooLong(bytes, limit: Self.maximumBytes) }
    var tasks: [PlannedTask] = []
    for (index, proposed) in delegations.enumerated() {
      guard proposed.title.contains(where: { !$0.isWhitespace }) else {
        throw .noTitle(index + 1)
      }
      var after: Set<Int> = []
      for label in proposed.labels where label.hasPrefix(Self.afterLabel) {
        let words = label.dropFirst(Self.afterLabel.count)
        guard let number = Int(words), (1...delegations.count).contains(number) else {
          throw .unknownPiece(index + 1, label: label, count: delegations.count)
        }
        after.insert(number - 1)
      }
      tasks.append(
        PlannedTask(
          title: proposed.title, body: proposed.body,
          labels: proposed.labels.filter { !$0.hasPrefix(Self.afterLabel) },
          agent: proposed.suggestedAgent, after: after.sorted()))
    }
    self.tasks = tasks
    if let circle = circle { throw .circle(circle.map { $0 + 1 }) }
  }

  /// A circle of pieces that wait for each other; nil if there is none.
  private var circle: [Int]? {
    var state = [Int](repeating: 0, count: tasks.count)
    var path: [Int] = []
    func visit(_ piece: Int) -> [Int]? {
      if state[piece] == 2 { return nil }
      path.append(piece)
      if state[piece] == 1 {
        return path.firstIndex(of: piece).map { Array(path[$0...]) }
      }
      state[piece] = 1
      for before in tasks[piece].after {
        if let found = visit(before) { return found }
      }
      state[piece] = 2
      path.removeLast()
      return nil
    }
    for piece in tasks.indices {
      if let found = visit(piece) { return found }
    }
    return nil
  }

  /// The pieces that must be done before a piece, directly or not.
  func predecessors(of piece: Int) -> Set<Int> {
    var found: Set<Int> = []
    var queue = tasks[piece].after
    while let next = queue.popLast() {
      if found.insert(next).inserted { queue += tasks[next].after }
    }
    return found
  }
}

/// Why what a worker proposes is no plan; pieces are counted from 1.
public enum PlanProblem: Error, Sendable, Hashable {
  /// It has more pieces than a person can judge.
  case tooMany(Int, limit: Int)
  /// Its texts are too long to be kept.
  case tooLong(Int, limit: Int)
  /// A piece has no title.
  case noTitle(Int)
  /// A piece waits for one that does not exist.
  case unknownPiece(Int, label: String, count: Int)
  /// Pieces wait for each other.
  case circle([Int])
  /// It has no pieces, and does not say why.
  case empty

  /// The problem in words that a worker can act on.
  public var sentence: String {
    switch self {
    case .tooMany(let count, let limit):
      "the plan has \(count) parts, at most \(limit) are taken: divide into fewer, larger ones"
    case .tooLong(let bytes, let limit):
      "the plan has \(bytes / 1024) KB of text, at most \(limit / 1024) are kept: say less in each part"
    case .noTitle(let piece): "part \(piece) of the plan has no title"
    case .unknownPiece(let piece, let label, let count):
      "part \(piece) of the plan has the label '\(label)', but the parts are 1 to \(count)"
    case .circle(let pieces):
      "parts of the plan wait for each other: "
        + pieces.map(String.init).joined(separator: " after ")
    case .empty:
      "the plan has no parts and does not say why: give 'delegations', or a 'reason' for none"
    }
  }
}
