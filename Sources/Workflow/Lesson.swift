/// Something that was learned and that later workers are told.
public struct Lesson: Sendable, Hashable {
  /// The twelve digits.
  public var id: String
  /// What it says.
  public var text: String
  /// Where it applies.
  public var scope = LessonScope.repository
  /// Who taught it.
  public var author = ""
  /// The task that it was learned from.
  public var task: String?
  /// Why it no longer applies; nil while it does.
  public var retiredBecause: String?
  /// When it was learned, in milliseconds since 1970.
  public var createdAt = 0

  /// A lesson for the whole repository.
  public init(id: String, text: String) {
    self.id = id
    self.text = text
  }
}

/// Where a lesson applies.
public enum LessonScope: Sendable, Hashable {
  /// To every task of the repository.
  case repository
  /// To tasks with a label.
  case label(String)
  /// To tasks of a kind.
  case kind(TaskKind)
  /// To an agent's work.
  case agent(String)
  /// To tasks whose text names a path that begins like this.
  case path(String)

  /// Reads `repository`, `label:NAME`, `kind:NAME`, `agent:NAME` or `path:PREFIX`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard let word = parts.first else { return nil }
    let name = parts.count > 1 ? parts[1] : ""
    switch (word, name.isEmpty) {
    case ("repository", true): self = .repository
    case ("label", false): self = .label(name)
    case ("agent", false): self = .agent(name)
    case ("path", false): self = .path(name)
    case ("kind", false):
      guard let kind = TaskKind(rawValue: name) else { return nil }
      self = .kind(kind)
    default: return nil
    }
  }

  /// The form that `init(_:)` reads.
  public var text: String {
    switch self {
    case .repository: "repository"
    case .label(let name): "label:\(name)"
    case .kind(let kind): "kind:\(kind.rawValue)"
    case .agent(let name): "agent:\(name)"
    case .path(let prefix): "path:\(prefix)"
    }
  }

  /// How closely it fits, higher is closer: what is shown first where room is short.
  var closeness: Int {
    switch self {
    case .repository: 0
    case .kind: 1
    case .agent: 2
    case .label: 3
    case .path: 4
    }
  }

  /// True if it applies to a task that an agent is to work on.
  func applies(to task: TaskView, agent: String) -> Bool {
    switch self {
    case .repository: return true
    case .label(let name): return task.labels.contains(name)
    case .kind(let kind): return task.kind == kind
    case .agent(let name): return agent == name
    case .path(let prefix):
      let words = "\(task.title) \(task.body)".split {
        !($0.isLetter || $0.isNumber || "/._-".contains($0))
      }
      return words.contains { $0.hasPrefix(prefix) }
    }
  }
}

/// Which lessons a worker is told.
public enum LessonChoice {
  /// The lessons in force that apply, the closest first, newer before older.
  public static func applying(
    _ lessons: some Sequence<Lesson>, to task: TaskView, agent: String
  ) -> [Lesson] {
    lessons.filter { $0.retiredBecause == nil && $0.scope.applies(to: task, agent: agent) }
      .sorted {
        ($0.scope.closeness, $0.createdAt, $0.id) > ($1.scope.closeness, $1.createdAt, $1.id)
      }
  }
}
