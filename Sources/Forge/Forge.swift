/// A place where pull requests live, as watchers see it.
///
/// A forge keeps no state of orch's and starts no process: it asks, acts, and returns values. Branches
/// and heads come from git; the forge is asked only for what git cannot know. Every text that comes
/// from it is bounded and is somebody else's word (`Authored` says whose).
public protocol Forge: Sendable {
  /// The login that orch acts as.
  func account() async throws(ForgeError) -> String

  /// The repository as the forge knows it, and what the token may do there.
  func repository() async throws(ForgeError) -> ForgeRepository

  /// What somebody may do with the repository; `none` for those whom it does not know.
  func permission(of login: String) async throws(ForgeError) -> RepositoryPermission

  /// The cheap look: which open pull requests moved since `memory`, at (almost) no cost if none did.
  ///
  /// Store what came of the changes before the survey's memory is kept: what was seen must not be
  /// forgotten by a crash in between.
  func survey(_ memory: SurveyMemory) async throws(ForgeError) -> Survey

  /// Everything that a watcher needs of these pull requests, in as few requests as possible.
  ///
  /// In the order of `numbers`; one that does not exist, or cannot be seen, is left out.
  func look(at numbers: [Int], for purpose: CallPurpose) async throws(ForgeError)
    -> [PullRequestLook]

  /// The pull requests that match, newest first, at most `ForgeLimits.pullRequests`.
  func pullRequests(_ filter: PullRequestFilter) async throws(ForgeError) -> [PullRequest]

  /// Opens a pull request; one that is open for the same head and base is returned instead.
  func open(_ draft: PullRequestDraft) async throws(ForgeError) -> OpenedPullRequest

  /// Changes title, text, base or draft state.
  func update(_ number: Int, _ edit: PullRequestEdit) async throws(ForgeError) -> PullRequest

  /// Closes a pull request without merging it; one that is closed already is fine.
  func close(pullRequest number: Int) async throws(ForgeError)

  /// Merges if the head is the expected one; being too late or not allowed is an outcome.
  func merge(_ number: Int, _ order: MergeOrder) async throws(ForgeError) -> MergeOutcome

  /// Deletes a branch that still has this head; one that is gone already is fine.
  func deleteBranch(_ name: String, at head: String) async throws(ForgeError) -> BranchDeletion

  /// Writes a comment on an issue or pull request; the one with the same key is edited in place.
  func putComment(_ text: KeyedText, on number: Int) async throws(ForgeError) -> PostedText

  /// The comments of an issue or pull request outside reviews, oldest first.
  func comments(on number: Int) async throws(ForgeError) -> [Comment]

  /// What something happened to last, issues and pull requests alike, newest first, at most
  /// `ForgeLimits.activities`: free while nothing happens.
  func activity() async throws(ForgeError) -> [RecentActivity]

  /// Answers in a review thread, once for each key.
  func reply(_ text: KeyedText, to thread: ReviewThread.ID, of number: Int)
    async throws(ForgeError) -> PostedText

  /// Marks a review thread as resolved, or as open again.
  func setResolved(_ isResolved: Bool, thread: ReviewThread.ID) async throws(ForgeError)

  /// Posts a review, once for each key.
  ///
  /// Where the account may not judge its own pull request, the verdict is written as a comment.
  func review(_ number: Int, _ review: ReviewDraft) async throws(ForgeError) -> PostedReview

  /// Asks someone to look at a pull request again; nobody is asked who cannot review it.
  func askForReview(of number: Int, by login: String) async throws(ForgeError)

  /// Adds labels to an issue or pull request.
  func addLabels(_ names: [String], to number: Int) async throws(ForgeError)

  /// Takes a label away from an issue or pull request; one that is not there is fine.
  func removeLabel(_ name: String, from number: Int) async throws(ForgeError)

  /// Makes somebody one of those who are to do an issue or pull request; with `ifNobodyIs`, only where there is
  /// nobody yet.
  ///
  /// Nothing happens where the forge does not let them be: an App, a team, a stranger.
  func assign(_ login: String, to number: Int, ifNobodyIs: Bool) async throws(ForgeError)

  /// An issue with its comments.
  func issue(_ number: Int) async throws(ForgeError) -> Issue

  /// The open issues and pull requests that have all these labels, newest first, at most `ForgeLimits.issues`.
  func items(labelled labels: [String]) async throws(ForgeError) -> [IssueSummary]

  /// Closes an issue, and says what happened to it last; one that is closed already is fine.
  @discardableResult
  func close(issue number: Int, as reason: IssueCloseReason) async throws(ForgeError)
    -> RecentActivity

  /// Makes a branch at a commit and registers it on the issue; nil if the branch exists already.
  func createBranch(_ name: String, at commit: String, for issue: Int)
    async throws(ForgeError) -> LinkedBranch?

  /// The checks of any commit, such as the base's head; at most `Selection.contexts`.
  func checks(of commit: String) async throws(ForgeError) -> [Check]

  /// What matters of a failed check's log; nil if the forge keeps none for it.
  func failureLog(of check: Check) async throws(ForgeError) -> JobLog?

  /// Runs a failed check once more.
  func rerun(_ check: Check) async throws(ForgeError)
}

extension Forge {
  /// `look(at:for:)` for watching.
  public func look(at numbers: [Int]) async throws(ForgeError) -> [PullRequestLook] {
    try await look(at: numbers, for: .watching)
  }
}

/// What a call is for: how much of the shared budget it may use.
public enum CallPurpose: String, Sendable, Hashable, CaseIterable {
  /// Looking; stops first.
  case watching
  /// Opening, answering, labelling.
  case acting
  /// Merging, and the last look before; may use the reserve.
  case merging
}

extension Forge {
  /// The open issues that have all these labels, newest first, at most `ForgeLimits.issues` with pull requests.
  public func issues(labelled labels: [String]) async throws(ForgeError) -> [IssueSummary] {
    try await items(labelled: labels).filter { !$0.isPullRequest }
  }
}
