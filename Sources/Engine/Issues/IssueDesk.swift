public import Workflow

/// Where people ask for work and say what they want of it: the issues of a forge.
public protocol IssueDesk: Sendable {
  /// What trusted people ask for; what was heard before may come again.
  func survey(of links: IssueLinks) async throws -> IssueSurvey

  /// What the last survey brought is stored: it need not come again.
  ///
  /// Throws what kept a part of that survey from being read.
  func heard() async throws

  /// Tells an issue where its task stands: one comment, edited in place.
  func report(_ task: TaskView, on issue: Int) async throws
}

/// The issues and pull requests that tasks speak of, by their numbers.
public struct IssueLinks: Sendable, Hashable {
  /// Of tasks that are not over.
  public var open: Set<Int> = []
  /// The pull requests among these.
  public var pulls: Set<Int> = []
  /// Issues of tasks that are over, and of no other.
  public var over: Set<Int> = []

  /// None.
  public init() {}

  /// Those of these tasks.
  public init(_ tasks: some Collection<TaskView>) {
    for task in tasks where !task.status.isTerminal {
      if let number = task.askedOn { open.insert(number) }
      if let number = task.watchedNumber { pulls.insert(number) }
      if let number = task.pullRequest?.number { pulls.insert(number) }
    }
    open.formUnion(pulls)
    over = Set(tasks.compactMap(\.askedOn)).subtracting(open)
  }
}

/// What people ask for.
public struct IssueSurvey: Sendable, Hashable {
  /// Issues that are to become tasks.
  public var asked: [AskedIssue] = []
  /// What was said on issues and pull requests.
  public var orders: [IssueOrder] = []
  /// What happened last at the forge, by the numbers of issues and pull requests; others are missing.
  public var news: [Int: IssueNews] = [:]
  /// The label whose issues become tasks; nil if none do.
  public var label: String?
  /// Pull requests that are to be watched, whoever opened them.
  public var pulls: [AskedIssue] = []
  /// The label whose pull requests are watched; nil if none are.
  public var watchLabel: String?

  /// Nothing.
  public init() {}
}

/// An issue that is to become a task, or a pull request that is to be watched.
public struct AskedIssue: Sendable, Hashable {
  /// Its number.
  public var number: Int
  /// Its title.
  public var title: String
  /// Its labels.
  public var labels: [String]
  /// True if it has the label whose issues become tasks; false if somebody asks for it in words.
  public var isLabelled: Bool
  /// When something happened to it last, by the forge's clock, in milliseconds since 1970.
  public var updatedAt: Int

  /// All parts.
  public init(
    number: Int, title: String, labels: [String], isLabelled: Bool = true, updatedAt: Int = 0
  ) {
    self.number = number
    self.title = title
    self.labels = labels
    self.isLabelled = isLabelled
    self.updatedAt = updatedAt
  }
}

/// What happened to an issue or pull request, by the forge's clock, in milliseconds since 1970.
public struct IssueNews: Sendable, Hashable {
  /// When something happened last.
  public var updatedAt: Int
  /// When it was closed; nil while it is open.
  public var closedAt: Int?
  /// Its labels.
  public var labels: [String]

  /// All parts.
  public init(updatedAt: Int, closedAt: Int? = nil, labels: [String] = []) {
    self.updatedAt = updatedAt
    self.closedAt = closedAt
    self.labels = labels
  }

  /// True if it has a label; forges tell no upper case from lower case.
  func has(_ label: String) -> Bool {
    labels.contains { $0.lowercased() == label.lowercased() }
  }
}

/// Something that a trusted person wants done to a task.
public struct IssueOrder: Sendable, Hashable {
  /// What is wanted.
  public enum Verb: Sendable, Hashable {
    /// Try again, or go on.
    case retry
    /// Give it up.
    case cancel
    /// Approve the pull request's head.
    case approve
    /// Tell the worker.
    case tell(String)
  }

  /// The forge's number of the comment, and which order of it: heard once.
  public var id: String
  /// The issue or pull request that it was said on.
  public var number: Int
  /// Who said it.
  public var author: String
  /// What is wanted.
  public var verb: Verb
  /// When it was said, in milliseconds since 1970, rounded down to a second; nil if that is not known.
  public var saidAt: Int?

  /// All parts.
  public init(id: String, number: Int, author: String, verb: Verb, saidAt: Int? = nil) {
    self.id = id
    self.number = number
    self.author = author
    self.verb = verb
    self.saidAt = saidAt
  }

  /// True unless it was said on a person's pull request before orch was asked to watch that: then it was another
  /// program's.
  func isFor(_ task: TaskView) -> Bool {
    guard task.watches != nil else { return true }
    return saidAt.map { $0 + 999 >= task.issueAskedAt ?? 0 } ?? false
  }

  /// True if it cannot have been said of work that was pushed after it.
  func mayKnow(_ request: PullRequestView?) -> Bool {
    guard let saidAt, let since = request?.workSince else { return true }
    return saidAt + 999 >= since
  }
}
