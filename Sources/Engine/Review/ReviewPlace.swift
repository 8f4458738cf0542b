public import Workflow

/// Where pull requests live: in the state itself, or on a forge.
///
/// A place knows what git does not: whether a pull request is open, its checks, its reviews. Heads come from
/// git, branches are pushed with git, and what follows from a look is the watcher's to decide. Every operation
/// looks first whether it was done, so that it may be repeated after a crash.
public protocol ReviewPlace: Sendable {
  /// True if orch runs the checks itself instead of waiting for the place's.
  var runsChecks: Bool { get }

  /// The message of a worker's commit without words that the place would obey wherever the commit is pushed.
  func harmless(commitMessage: String) -> String

  /// A pull request that a person opened, by its name (`TaskView.watches`); nil if there is none.
  func find(_ name: String) async throws -> FoundPullRequest?

  /// What the place knows of pull requests, by their tasks; one that cannot be seen now is missing.
  func survey(_ watched: [WatchedPullRequest]) async throws -> [String: PlaceLook]

  /// Something happened there: the next survey asks for what it otherwise asks for at a pace.
  func expectNews() async

  /// Opens the pull request of a branch that was pushed, or finds the open one.
  func publish(_ watched: WatchedPullRequest, text: PullRequestText) async throws
    -> PublishedPullRequest

  /// Merges a head that was checked on top of the base's head.
  func merge(_ watched: WatchedPullRequest, _ order: PlaceMerge) async throws -> PlaceMergeAnswer

  /// Asks for checks once more; returns those that the place can repeat.
  func rerun(_ checks: [FailedCheck], of watched: WatchedPullRequest) async throws -> [FailedCheck]

  /// The same failures with what their logs say, for whoever is to repair them.
  func evidence(of failures: [FailedCheck], in watched: WatchedPullRequest) async throws
    -> [FailedCheck]

  /// What reviewers wrote that is not settled: text of people whom orch does not know.
  func remarks(on watched: WatchedPullRequest) async throws -> [ReviewRemark]

  /// Tells reviewers that a head answers what they wrote, once for each remark.
  ///
  /// `shown` are the names of the remarks that the worker read: nothing else is answered, and what was said
  /// since stays open.
  func answer(
    _ watched: WatchedPullRequest, head: String, summary: String, shown: Set<String>
  ) async throws

  /// Tells a person what is to be decided; once for each question.
  func ask(_ question: Question, about watched: WatchedPullRequest) async throws

  /// Shows an agent's review, once for each; findings begin with `path:line:` where they can.
  func post(
    _ review: Review, text: String, findings: [String], on watched: WatchedPullRequest
  ) async throws

  /// Registers the branch of an issue's task before work on it begins.
  func link(_ branch: String, at commit: String, to issue: Int) async throws

  /// What is left to do when a task is over, branches aside; how its issue was left, if it was closed.
  func close(_ watched: WatchedPullRequest) async throws -> IssueLeave?
}

extension ReviewPlace {
  /// A survey asks for everything where there is no forge.
  public func expectNews() async {}

  /// Git itself obeys no words.
  public func harmless(commitMessage: String) -> String { commitMessage }

  /// Logs are known already where orch runs the checks.
  public func evidence(
    of failures: [FailedCheck], in watched: WatchedPullRequest
  ) async throws -> [FailedCheck] { failures }

  /// Nobody writes remarks where there is no forge.
  public func remarks(on watched: WatchedPullRequest) async throws -> [ReviewRemark] { [] }

  /// Nobody waits for an answer where there is no forge.
  public func answer(
    _ watched: WatchedPullRequest, head: String, summary: String, shown: Set<String>
  ) async throws {}

  /// Reviews are in the state already where there is no forge.
  public func post(
    _ review: Review, text: String, findings: [String], on watched: WatchedPullRequest
  ) async throws {}

  /// There are no issues where there is no forge.
  public func link(_ branch: String, at commit: String, to issue: Int) async throws {}
}

/// Something that a reviewer wrote.
public struct ReviewRemark: Sendable, Hashable {
  /// The place's name of it; nil if it is never answered by itself.
  public var name: String?
  /// The login.
  public var author: String
  /// What the author is to the repository: "owner", "none".
  public var association: String
  /// The file and line that it is about, as in `src/a.c:12`; nil if it is about the whole change.
  public var place: String?
  /// The text.
  public var text: String

  /// All parts.
  public init(
    name: String? = nil, author: String, association: String, place: String? = nil, text: String
  ) {
    self.name = name
    self.author = author
    self.association = association
    self.place = place
    self.text = text
  }
}

/// A pull request with the two branches as a look at the remote sees them.
public struct WatchedPullRequest: Sendable {
  /// The task with its pull request, as they were when the look began.
  public var task: TaskView
  /// The branch with the work.
  public var branch: String
  /// The branch that it is to be merged into.
  public var base: String
  /// The branch's head; nil if the branch is gone.
  public var branchHead: String?
  /// The base's head; nil if the base is gone.
  public var baseHead: String?
  /// The commit of the base that the branch is on top of, which the base may have left; nil if that is not known.
  public var contained: String?
  /// True if its branch is as it was recorded, and its base has gained none of its commits since.
  public var isUntouched = false
  /// True if another task of the same issue is not over: the issue stays open then.
  public var sharesIssue = false

  /// What is known of it; nil before it is opened.
  public var view: PullRequestView? { task.pullRequest }
}

extension PullRequestView {
  /// Its number at a forge; nil for a record of the state.
  public var number: Int? {
    id.hasPrefix("#") ? Int(id.dropFirst()) : nil
  }
}

/// What a place knows of a pull request that git does not.
public struct PlaceLook: Sendable, Hashable {
  /// Whether it is open.
  public var state = Look.State.open
  /// How its checks stand, of whatever pair.
  public var checks: [CheckLook] = []
  /// True if there are checks to wait for, even if none has begun.
  public var expectsChecks = false
  /// How the base's own checks stand, by their names.
  public var baseChecks: [String: CheckLook.State] = [:]
  /// The reviews whose authors may speak here, oldest first.
  public var reviews: [Review] = []
  /// The reviews that were dismissed, by their names.
  public var dismissed: Set<String> = []
  /// True if it is a draft.
  public var isDraft = false
  /// True if nobody but those who belong may write there.
  public var isLocked = false
  /// The branch that it is to be merged into; nil if the place does not say.
  public var baseBranch: String?
  /// When something happened to it last, by the place's clock, in milliseconds since 1970.
  public var updatedAt = 0
  /// Its labels.
  public var labels: Set<String> = []
  /// Whether the place can merge it, conflicts aside.
  public var mergeability = Mergeability.clean
  /// True while it waits in the place's merge queue: nothing is done to it then.
  public var isQueued = false
  /// True if it has more reviews, threads or checks than were read.
  public var isCut = false

  /// An open pull request of which nothing else is known.
  public init() {}
}

/// What people read of a pull request.
public struct PullRequestText: Sendable, Hashable {
  /// One line.
  public var title: String
  /// The description, Markdown.
  public var body: String

  /// Both parts.
  public init(title: String, body: String) {
    self.title = title
    self.body = body
  }
}

/// A pull request that is open now.
public struct PublishedPullRequest: Sendable, Hashable {
  /// Its name at the place.
  public var id: String
  /// Its web page.
  public var url: String?

  /// Both parts.
  public init(id: String, url: String? = nil) {
    self.id = id
    self.url = url
  }
}

/// What is to be merged, and how.
public struct PlaceMerge: Sendable, Hashable {
  /// The pair that was checked.
  public var pair: CommitPair
  /// How it becomes part of the base.
  public var method: MergeMethod
  /// What the merge commit says.
  public var message: PullRequestText

  /// All parts.
  public init(pair: CommitPair, method: MergeMethod, message: PullRequestText) {
    self.pair = pair
    self.method = method
    self.message = message
  }
}

/// What became of a merge.
public enum PlaceMergeAnswer: Sendable, Hashable {
  /// It is part of the base as that commit.
  case merged(as: String)
  /// The place took it and will merge it later, as a merge queue does.
  case queued
  /// The head or the base has moved: the next look says where.
  case tooLate
  /// It may not be merged; the text is for a person.
  case refused(String)
}
