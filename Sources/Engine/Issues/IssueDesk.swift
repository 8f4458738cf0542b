public import Workflow

/// Where people ask for work and say what they want of it: the issues of a forge.
public protocol IssueDesk: Sendable {
  /// What trusted people ask for; what was heard before may come again.
  ///
  /// `linked` are the issues and pull requests of tasks that are not over.
  func survey(linked: Set<Int>) async throws -> IssueSurvey

  /// What the last survey brought is stored: it need not come again.
  ///
  /// Throws what kept a part of that survey from being read.
  func heard() async throws

  /// Tells an issue where its task stands: one comment, edited in place.
  func report(_ task: TaskView, on issue: Int) async throws
}

/// What people ask for.
public struct IssueSurvey: Sendable, Hashable {
  /// Issues that are to become tasks.
  public var asked: [AskedIssue] = []
  /// What was said on issues and pull requests.
  public var orders: [IssueOrder] = []
  /// Issues and pull requests that are closed, as far as the forge still speaks of it: when, in milliseconds
  /// since 1970, by their numbers.
  public var closed: [Int: Int] = [:]

  /// Nothing.
  public init() {}
}

/// An issue that is to become a task.
public struct AskedIssue: Sendable, Hashable {
  /// Its number.
  public var number: Int
  /// Its title.
  public var title: String
  /// Its labels.
  public var labels: [String]

  /// All parts.
  public init(number: Int, title: String, labels: [String]) {
    self.number = number
    self.title = title
    self.labels = labels
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

  /// True if it cannot have been said of work that was pushed after it.
  func mayKnow(_ request: PullRequestView?) -> Bool {
    guard let saidAt, let since = request?.workSince else { return true }
    return saidAt + 999 >= since
  }
}
