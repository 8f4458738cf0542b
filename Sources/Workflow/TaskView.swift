/// What the events of a task add up to, in types.
public struct TaskView: Sendable, Hashable {
  /// The twelve digits.
  public var id: String
  /// One line.
  public var title: String
  /// What is asked for, in full.
  public var body = ""
  /// The kind of work.
  public var kind = TaskKind.implement
  /// Where it stands.
  public var status = TaskStatus.new
  /// Raised whenever the status goes back.
  public var generation = 0
  /// Why it stands there, for a person.
  public var reason: String?
  /// Labels, sorted.
  public var labels: [String] = []
  /// Where it comes from, if nobody typed it into orch.
  public var source: TaskSource?
  /// The pull request of a person that it watches: `#7` at a forge, else the name of its branch; nil for work of orch's
  /// own.
  public var watches: String?
  /// The job that made it.
  public var job: String?
  /// Higher goes first; 0 unless someone said otherwise.
  public var priority = 0
  /// The agent that a person asked for.
  public var agent: String?
  /// The model that a person asked for.
  public var model: String?
  /// What routing decided.
  public var route: Route?
  /// The task that this one is a part of.
  public var parent: String?
  /// The task that it looks back at.
  public var about: String?
  /// Its parts, sorted.
  public var children: [String] = []
  /// What must be done first, sorted.
  public var after: [String] = []
  /// The linked issue's number.
  public var issue: Int?
  /// The branch of its work.
  public var branch: String?
  /// The branch that it is to be merged into.
  public var base: String?
  /// The worktree's path on the host that has it.
  public var worktree: String?
  /// Its attempts, oldest first.
  public var attempts: [Attempt] = []
  /// What the last attempt reported.
  public var result: TaskResult?
  /// Where a worker said that it stands.
  public var checkpoint: String?
  /// The pull request.
  public var pullRequest: PullRequestView?
  /// What the next attempt is for.
  public var nextPurpose = AttemptPurpose.work
  /// True while it waits for its children.
  public var waitsForChildren = false
  /// True once its worktree and branch were removed.
  public var isCleanedUp = false
  /// The highest token of an attempt, of any host.
  public var highestToken = 0
  /// Milliseconds since 1970.
  public var createdAt = 0
  /// Milliseconds since 1970.
  public var updatedAt = 0
  /// The number of attempts when it was last begun anew (`retry`, `unblock`): limits count from there.
  public var attemptsForgiven = 0
  /// What was said to its workers and by them, oldest first.
  public var messages: [Message] = []
  /// The names of the messages that a worker was given whose attempt came to a good end.
  public var readMessages: Set<String> = []

  /// The task whose pull request it reviews, by its full name.
  public var reviewOf: String?
  /// The head that it reviews.
  public var reviewedHead: String?
  /// What was told to its issue last: where it stood then.
  public var reported: String?
  /// The label for which it was made of its issue; nil if it was not.
  public var issueLabel: String?
  /// When the issue was seen to ask for it, by the forge's clock, in milliseconds since 1970.
  public var issueAskedAt: Int?
  /// How its issue ceased to ask for it the last time; nil if it never did.
  public var issueLeft: IssueLeave?
  /// The orders of people at the forge that were carried out, by their names.
  public var heard: Set<String> = []
  /// The only machine that may work on it, if a person gave it to one.
  public var pinnedHost: String?
  /// The token of the attempt whose work could not be published, while a person is asked about that.
  public var unpublished: Int?

  /// A new task.
  public init(id: String, title: String) {
    self.id = id
    self.title = title
  }

  /// The number at the forge of the pull request that it watches; nil for work of orch's own, and without a forge.
  public var watchedNumber: Int? {
    guard let watches, watches.hasPrefix("#") else { return nil }
    return Int(watches.dropFirst())
  }

  /// The issue or pull request that asks for it, by its number.
  public var askedOn: Int? { issue ?? watchedNumber }

  /// What asks for it, in words: "issue #5", "pull request #7".
  public var askedOnWords: String {
    watches.map { "pull request \($0)" } ?? "issue #\(issue ?? 0)"
  }

  /// Where it stands, as its issue is told: another text means that something is to be told.
  public var standing: String {
    // A worker that runs and asks is heard there too.
    let asked = status == .inProgress ? openQuestions.map(\.id).joined(separator: ",") : ""
    let parts = [status.rawValue, pullRequest?.id ?? "", String((reason ?? "").prefix(80)), asked]
    return parts.filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// True if its issue was closed or lost its label, and was not seen to ask for it since.
  public var hasIssueLeft: Bool {
    guard let issueLeft else { return false }
    return (issueAskedAt ?? -1) <= issueLeft.seenAt
  }

  /// The attempts that limits count.
  public var countedAttempts: ArraySlice<Attempt> {
    attempts.dropFirst(min(attemptsForgiven, attempts.count))
  }

  /// The attempt that runs now.
  public var currentAttempt: Attempt? {
    guard status == .inProgress else { return nil }
    return attempts.last
  }

  /// What all attempts cost, in US dollars.
  public var costUSD: Double { attempts.reduce(0) { $0 + ($1.costUSD ?? 0) } }

  /// What all attempts used, in tokens read and written.
  public var tokens: Int {
    attempts.reduce(0) { $0 + ($1.inputTokens ?? 0) + ($1.outputTokens ?? 0) }
  }
}
