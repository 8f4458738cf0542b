import Foundation
import JSON

/// What the fake GitHub knows: one repository.
struct FakeState: Sendable {
  struct Text: Sendable {
    var id: Int
    var author: String
    var body: String
    var association = "OWNER"
    var isEdited = false
    /// It was changed, which GitHub does not always call edited.
    var isTouched = false
    /// When it was written, in seconds since 1970; nil for a time that follows from its number.
    var at: Int?

    /// When it was written.
    var createdAt: JSONValue { time(0) }

    /// When it was changed last.
    func updatedAt(isEdited: Bool) -> JSONValue { time(isEdited || isTouched ? 60 : 0) }

    private func time(_ later: Int) -> JSONValue {
      guard let at else { return FakeState.time(id + later) }
      return FakeState.instant(at + later)
    }
  }

  struct CheckRun: Sendable {
    var id: Int
    var name: String
    var status = "COMPLETED"
    var conclusion: String? = "SUCCESS"
    var workflowRun: Int?
    /// True if the base's rules ask for it.
    var isRequired = true
  }

  struct Review: Sendable {
    var text: Text
    var state: String
    var lines: [String] = []
    /// The commit that it speaks of.
    var commit: String?
  }

  struct Thread: Sendable {
    var id: String
    var path: String
    var line: Int?
    var isResolved = false
    var comments: [Text]
  }

  struct Pull: Sendable {
    var number: Int
    var title: String
    var body = ""
    var author = "worker"
    var head: String
    var sha: String
    var base = "main"
    var state = "OPEN"
    var isDraft = false
    var mergeState = "CLEAN"
    var decision: String?
    var labels: [String] = []
    var checks: [CheckRun] = []
    var statuses: [String: String] = [:]
    var comments: [Text] = []
    var reviews: [Review] = []
    var threads: [Thread] = []
    var mergedAs: String?
    var usesQueue = false
    /// The base's head when mergeability was last computed.
    var seenBase: String?
    var isQueued = false
    var isLocked = false
    /// The repository of the head, if it is another one; empty if that is gone.
    var headRepository: String?
    /// How often it was put into the merge queue.
    var queuings = 0
    /// When it was closed, in seconds since 1970.
    var closedAt: Int?
    /// Who was asked for a review.
    var asked: [String] = []
    /// The logins of those who are to do it.
    var assignees: [String] = []
    var updates = 0
  }

  struct Issue: Sendable {
    var number: Int
    var title: String
    var body = ""
    var text = Text(id: 1, author: "reporter", body: "", association: "NONE")
    var labels: [String] = []
    var isOpen = true
    var closedAs: String?
    /// When it was closed, in seconds since 1970.
    var closedAt: Int?
    var comments: [Text] = []
    var branches: [String: String] = [:]
    /// The logins of those who are to do it.
    var assignees: [String] = []
    var updates = 0
  }

  struct Job: Sendable {
    var id: Int
    var name: String
    var log: [UInt8]?
    var steps: [JSONValue] = []
  }

  var owner = "acme"
  var name = "demo"
  /// What the repository was called before.
  var oldNames: Set<String> = []
  var account = "orch-bot"
  var isArchived = false
  /// True if the token may push.
  var mayPush = true
  var branches: [String: String] = ["main": FakeState.sha(0)]
  var pulls: [Int: Pull] = [:]
  var issues: [Int: Issue] = [:]
  var jobs: [Int: Job] = [:]
  var reruns: [Int] = []
  var counter = 0
  /// What people may do, by their logins; all others may write.
  var permissions: [String: String] = [:]
  /// How a check ends at once on every new head that the base's rules do not ask for; nil if there is none.
  var optionalCheck: String?
  /// Branches whose checks do not end.
  var heldBranches: Set<String> = []
  /// The checks that the base's protection asks for, whether or not anything runs them.
  var requiredChecks: [String] = []
  /// True if the base's protection asks for an approval.
  var requiresReview = false
  /// The project of the owner; nil if there is none.
  var board: FakeBoard?
  /// True if comments on locked conversations are refused, as they are for those who may not write.
  var refusesLocked = false
  /// True if new pull requests go through a merge queue.
  var usesQueue = false
  /// Lines that a review may speak of; nil allows all.
  var reviewableLines: ClosedRange<Int>?

  /// A name of a commit, made of a number.
  static func sha(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "a", count: 40 - digits.count) + digits
  }

  /// The next number of anything.
  mutating func next() -> Int {
    counter += 1
    return counter
  }

  /// Adds an open pull request and its branch.
  @discardableResult
  mutating func addPull(_ head: String, title: String = "A change") -> Int {
    let number = next()
    let sha = Self.sha(1000 + number)
    branches[head] = sha
    pulls[number] = Pull(number: number, title: title, head: head, sha: sha)
    return number
  }

  /// Adds an open issue.
  @discardableResult
  mutating func addIssue(_ title: String, labels: [String] = []) -> Int {
    let number = next()
    issues[number] = Issue(number: number, title: title, labels: labels)
    return number
  }

  /// A time in seconds since 1970.
  static func instant(_ seconds: Int) -> JSONValue {
    .string(Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601))
  }

  /// A time that rises with what happened to something.
  static func time(_ number: Int) -> JSONValue {
    let (hour, minute, second) = (number / 3600 % 24, number / 60 % 60, number % 60)
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return .string("2026-01-31T\(two(hour)):\(two(minute)):\(two(second))Z")
  }
}
