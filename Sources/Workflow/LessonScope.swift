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
  /// To tasks that have failed in a way.
  case error(FailureKind)

  /// Reads `repository`, `label:NAME`, `kind:NAME`, `agent:NAME`, `path:PREFIX` or `error:CLASS`; nil for
  /// anything else.
  ///
  /// Of a path, what stands before the first `*` counts.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard let word = parts.first else { return nil }
    let name = parts.count > 1 ? parts[1] : ""
    switch (word, name.isEmpty) {
    case ("repository", true): self = .repository
    case ("label", false): self = .label(name)
    case ("agent", false): self = .agent(name)
    case ("path", false):
      let prefix = String(name.prefix { $0 != "*" })
      self = prefix.isEmpty ? .repository : .path(prefix)
    case ("kind", false):
      guard let kind = TaskKind(rawValue: name) else { return nil }
      self = .kind(kind)
    case ("error", false):
      guard let failure = FailureKind(rawValue: name) else { return nil }
      self = .error(failure)
    default: return nil
    }
  }

  /// True if it applies to all tasks that the other one applies to.
  public func covers(_ other: LessonScope) -> Bool {
    switch (self, other) {
    case (.repository, _): true
    case (.path(let wide), .path(let narrow)): narrow.hasPrefix(wide)
    default: self == other
    }
  }

  /// The narrowest scope that covers both: of two paths the folder that both are in, else the repository.
  public func joined(with other: LessonScope) -> LessonScope {
    if covers(other) { return self }
    if other.covers(self) { return other }
    guard case (.path(let one), .path(let two)) = (self, other) else { return .repository }
    let common = zip(one, two).prefix { $0.0 == $0.1 }.map(\.0)
    guard let end = common.lastIndex(of: "/") else { return .repository }
    return .path(String(common[...end]))
  }

  /// True if one worker could be told lessons of both scopes.
  public func canMeet(_ other: LessonScope) -> Bool {
    switch (self, other) {
    case (.kind(let one), .kind(let two)): one == two
    case (.agent(let one), .agent(let two)): one == two
    default: true
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
    case .error(let failure): "error:\(failure.rawValue)"
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
    case .error: 5
    }
  }

  /// True if it applies to a task that an agent is to work on.
  func applies(to place: LessonPlace) -> Bool {
    switch self {
    case .repository: true
    case .label(let name): place.task.labels.contains(name)
    case .kind(let kind): place.task.kind == kind
    case .agent(let name): place.agent == name
    case .path(let prefix): place.names(pathsFrom: prefix)
    case .error(let failure): place.task.attempts.contains { $0.failure == failure }
    }
  }
}

/// A task and an agent, prepared for asking many lessons whether they apply.
struct LessonPlace {
  let task: TaskView
  let agent: String
  /// The words of the task's text, sorted byte by byte.
  private let words: [String]

  init(_ task: TaskView, agent: String) {
    self.task = task
    self.agent = agent
    words = "\(task.title) \(task.body)".split {
      !($0.isLetter || $0.isNumber || "/._-".contains($0))
    }.map(String.init).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// True if a word begins with a text: such words stand together.
  func names(pathsFrom prefix: String) -> Bool {
    var low = 0
    var high = words.count
    while low < high {
      let middle = (low + high) / 2
      if words[middle].utf8.lexicographicallyPrecedes(prefix.utf8) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < words.count && words[low].utf8.starts(with: prefix.utf8)
  }
}
