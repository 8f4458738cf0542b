public import Workflow

/// What lists of tasks show and choose by: the part of a task that the index keeps.
///
/// Whoever changes what a field means raises `TaskIndex.layout`, so that older indexes count no more.
public struct TaskSummary: Sendable, Hashable {
  /// The twelve digits.
  public var id: String
  /// One line.
  public var title: String
  /// The kind of work.
  public var kind: TaskKind
  /// Where it stands.
  public var status: TaskStatus
  /// Labels, sorted.
  public var labels: [String]
  /// Higher goes first.
  public var priority: Int
  /// What must be done first, sorted.
  public var after: [String]
  /// The machines that have attempts of it, sorted.
  public var hosts: [String]
  /// The agent that does it, or that was asked for; nil if neither is known.
  public var agent: String?
  /// The number of attempts.
  public var attemptCount: Int
  /// Why it stands where it stands, in a few words.
  public var detail: String
  /// When the attempt that runs began, in milliseconds since 1970.
  public var startedAt: Int?
  /// True if it has a pull request.
  public var hasPullRequest: Bool
  /// What its workers ask and nobody has answered.
  public var questions: [Question]
  /// What all attempts cost, in US dollars.
  public var costUSD: Double
  /// Milliseconds since 1970.
  public var createdAt: Int

  /// A question without an answer.
  public struct Question: Sendable, Hashable {
    /// Its number among the task's messages, from 1: what an answer names.
    public let number: Int
    /// Its first line.
    public let text: String
  }

  /// The summary of a task.
  public init(_ task: TaskView) {
    id = task.id
    title = task.title
    kind = task.kind
    status = task.status
    labels = task.labels
    priority = task.priority
    after = task.after
    hosts = Set(task.attempts.map(\.host)).sorted()
    agent = task.route?.executor ?? task.agent
    attemptCount = task.attempts.count
    detail = Self.detail(of: task)
    startedAt = task.status == .inProgress ? task.attempts.last?.startedAt : nil
    hasPullRequest = task.pullRequest != nil
    questions = task.openQuestions.map { question in
      Question(
        number: (task.messages.firstIndex(of: question) ?? 0) + 1,
        text: Self.firstLine(question.text))
    }
    costUSD = task.costUSD
    createdAt = task.createdAt
  }

  init(
    id: String, title: String, kind: TaskKind, status: TaskStatus, labels: [String], priority: Int,
    after: [String], hosts: [String], agent: String?, attemptCount: Int, detail: String,
    startedAt: Int?, hasPullRequest: Bool, questions: [Question], costUSD: Double, createdAt: Int
  ) {
    self.id = id
    self.title = title
    self.kind = kind
    self.status = status
    self.labels = labels
    self.priority = priority
    self.after = after
    self.hosts = hosts
    self.agent = agent
    self.attemptCount = attemptCount
    self.detail = detail
    self.startedAt = startedAt
    self.hasPullRequest = hasPullRequest
    self.questions = questions
    self.costUSD = costUSD
    self.createdAt = createdAt
  }

  private static func detail(of task: TaskView) -> String {
    switch task.status {
    case .inProgress: task.attempts.last.map { "\($0.agent), attempt \($0.number)" } ?? ""
    case .inReview: task.pullRequest?.line ?? ""
    case .needsReview, .blocked: firstLine(task.reason ?? "")
    case .done where task.kind == .retrospective: firstLine(task.reason ?? "")
    case .new, .routed, .done, .cancelled: task.route?.executor ?? ""
    }
  }

  /// The first line of a text, bounded to 160 characters.
  public static func firstLine(_ text: String) -> String {
    String((text.split(whereSeparator: \.isNewline).first ?? "").prefix(160))
  }
}

extension PullRequestView {
  /// True if it lives in the state, under a name that is made of its task's.
  public var isLocal: Bool { id.hasPrefix("L") }

  /// The pull request in one line.
  public var line: String {
    let name = isLocal ? "" : "\(id) "
    let check = failingCheck.map { ", '\($0)' fails" } ?? ""
    return "\(name)\(status.words) at \(head.prefix(8))\(check)"
  }
}
