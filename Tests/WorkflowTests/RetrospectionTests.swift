import TestSupport
import Testing

@testable import Workflow

@Suite struct `Looking back at a task` {
  private func attempt(
    _ number: Int, _ outcome: AttemptOutcome, _ failure: FailureKind? = nil,
    _ purpose: AttemptPurpose = .work
  ) -> Attempt {
    var attempt = Attempt(number: number, token: number, agent: "a")
    attempt.outcome = outcome
    attempt.failure = failure
    attempt.purpose = purpose
    attempt.endedAt = number
    return attempt
  }

  private func cause(_ status: TaskStatus, _ attempts: [Attempt], now: Int = 0) -> LessonEvidence? {
    var task = TaskView(id: "t", title: "t")
    task.status = status
    task.attempts = attempts
    return Retrospection.cause(task, now: now)
  }

  @Test func `follows a failure, and a success of several attempts, once they are over`() {
    let failed = attempt(1, .failed, .crashed)
    let good = attempt(2, .succeeded)
    #expect(cause(.done, [failed, good]) == LessonEvidence(task: "t", failed: 1, succeeded: 2))
    #expect(cause(.blocked, [failed]) == LessonEvidence(task: "t", failed: 1))
    #expect(
      cause(.done, [attempt(1, .succeeded), attempt(2, .succeeded, nil, .repair)])
        == LessonEvidence(task: "t", failed: 1, succeeded: 2))
    for status in [TaskStatus.new, .routed, .inProgress, .inReview, .cancelled, .needsReview] {
      #expect(cause(status, [failed, good]) == nil)
    }
    #expect(cause(.done, [attempt(1, .succeeded)]) == nil)
    #expect(cause(.blocked, []) == nil)
    #expect(
      cause(.blocked, [attempt(1, .failed, .nothingDone)]) == LessonEvidence(task: "t", failed: 1))
    #expect(
      cause(.done, [attempt(1, .failed, .nothingDone), good])
        == LessonEvidence(task: "t", failed: 1, succeeded: 2))
    #expect(cause(.done, [attempt(1, .failed, .rateLimited), good]) == nil)
    #expect(cause(.done, [attempt(1, .failed, .killed), good]) == nil)
    #expect(cause(.done, [failed, good], now: Retrospection.maximumAgeMilliseconds + 1) == nil)
    #expect(LessonEvidence("t#1>2") == LessonEvidence(task: "t", failed: 1, succeeded: 2))
    #expect(LessonEvidence("t#x") == nil && LessonEvidence("t") == nil)
  }

  @Test func `reads the lines of an answer, and takes no nonsense`() {
    let lines = [
      "- `lesson:` Run `make generate` after editing the schema", "when: the task touches db/",
      "scope: path:db/*", "evidence: t#1",
    ]
    let found = FoundLesson(
      text: "Run `make generate` after editing the schema", when: "the task touches db/",
      scope: .path("db/"), sameAs: nil)
    #expect(RetrospectiveAnswer.read(lines, summary: "s") == .lesson(found))
    #expect(RetrospectiveAnswer.read([], summary: "an outage") == .nothing("an outage"))
    #expect(RetrospectiveAnswer.read([], summary: "") == .nothing("it found nothing to learn"))
    for lines in [
      ["the agent made a mistake"], ["lesson: ok"],
      ["lesson: do the right thing", "scope: galaxy"],
      ["lesson: " + String(repeating: "very ", count: 100)],
    ] {
      guard case .unusable = RetrospectiveAnswer.read(lines, summary: "") else {
        Issue.record("taken: \(lines)")
        continue
      }
    }
    let known = RetrospectiveAnswer.read(["same-as: 8d5caf"], summary: "")
    #expect(
      known
        == .lesson(
          FoundLesson(
            text: "", when: "", scope: .repository, sameAs: "8d5caf", namesScope: false)))
  }

  @Test func `tells the same, the opposite, and the new apart`() {
    let known = Lesson(id: "k", text: "Always run the linter before committing.")
    func match(_ text: String, _ scope: LessonScope = .repository) -> LessonMatch {
      LessonMatch.find(text, scope, among: [known])
    }
    #expect(match("run the linter before committing") == .same(known))
    #expect(match("Before committing, you must run the linter!") == .same(known))
    #expect(match("Never run the linter before committing") == .contradicts(known))
    #expect(match("Run the tests before pushing") == .new)
    // What is said for the whole repository is said there, too.
    #expect(match("Run the linter before committing", .label("ui")) == .same(known))
    #expect(match("") == .new)
    // The opposite counts wherever both could be told.
    let opposite = "Never run the linter before committing"
    #expect(match(opposite, .label("ui")) == .contradicts(known))
    var narrow = known
    narrow.scope = .kind(.spec)
    #expect(LessonMatch.find(opposite, .kind(.review), among: [narrow]) == .new)
    #expect(LessonMatch.find(opposite, .label("ui"), among: [narrow]) == .contradicts(narrow))
    // What was retired is known, and counts after what is in force.
    var gone = known
    gone.retiredBecause = "a hook does it now"
    var back = known
    back.id = "b"
    let text = "Run the linter before committing"
    #expect(LessonMatch.find(text, .repository, among: [gone]) == .retired(gone))
    #expect(LessonMatch.find(text, .repository, among: [gone, back]) == .same(back))
    #expect(
      LessonMatch.find("Never run the linter before committing", .repository, among: [gone]) == .new
    )
  }

  @Test func `the same in another scope is the same lesson, further than it was known`() {
    let text = "Regenerate the client after editing the schema"
    var lesson = Lesson(id: "k", text: text)
    func match(_ known: LessonScope, _ new: LessonScope, retired: Bool = false) -> LessonMatch {
      lesson.scope = known
      lesson.retiredBecause = retired ? "an outage" : nil
      return LessonMatch.find(
        "after editing the schema, regenerate the client", new, among: [lesson])
    }
    #expect(match(.path("db/"), .path("db/users/")) == .same(lesson))
    #expect(match(.path("db/"), .path("api/")) == .elsewhere(lesson))
    #expect(match(.path("db/users/"), .path("db/")) == .elsewhere(lesson))
    #expect(match(.kind(.spec), .kind(.review)) == .elsewhere(lesson))
    #expect(match(.label("ui"), .repository) == .elsewhere(lesson))
    // What was retired for one place may be right in another; what was retired for all is not.
    #expect(match(.path("db/"), .path("api/"), retired: true) == .new)
    #expect(match(.repository, .path("api/"), retired: true) == .retired(lesson))
    lesson.scope = .repository
    var kept = lesson
    kept.id = "n"
    kept.scope = .path("db/")
    kept.retiredBecause = nil
    #expect(LessonMatch.find(text, .path("api/"), among: [kept, lesson]) == .retired(lesson))
  }

  @Test(arguments: [
    ("path:db/a/x", "path:db/a/y", "path:db/a/"), ("path:db/a", "path:db/b", "path:db/"),
    ("path:db/", "path:db/users/", "path:db/"), ("path:db", "path:api", "repository"),
    ("label:a", "label:b", "repository"), ("label:a", "label:a", "label:a"),
    ("kind:spec", "path:db/", "repository"), ("repository", "agent:x", "repository"),
  ])
  func `two scopes are joined in the narrowest that covers both`(
    one: String, other: String, joined: String
  ) throws {
    let one = try #require(LessonScope(one))
    let other = try #require(LessonScope(other))
    #expect(one.joined(with: other).text == joined)
    #expect(other.joined(with: one).text == joined)
    #expect(one.joined(with: other).covers(one) && one.joined(with: other).covers(other))
  }

  @Test func `is over once something came of it, whatever else is missing`() {
    let attempt = attempt(1, .succeeded)
    let silent = Verdict.retry(reason: RetryLoop.silence, purpose: .work)
    #expect(
      Retrospection.settled(silent, attempt: attempt, learned: "learned x")
        == .finish(summary: "learned x"))
  }

  @Test func `never publishes, blocks or asks, and gives up soon`() {
    var second = attempt(2, .failed, .crashed)
    let retry = Verdict.retry(reason: "r", purpose: .work)
    func settled(_ verdict: Verdict, _ learned: String? = nil) -> Verdict {
      Retrospection.settled(verdict, attempt: second, learned: learned)
    }
    #expect(settled(retry) == .finish(summary: "nothing was learned: r"))
    #expect(settled(.publish, "learned x") == .finish(summary: "learned x"))
    for verdict in [Verdict.delegate, .block(reason: "b"), .askPerson(reason: "a")] {
      guard case .finish = settled(verdict) else {
        Issue.record("\(verdict)")
        continue
      }
    }
    second.outcome = .interrupted
    #expect(settled(retry) == retry)
    second = attempt(1, .failed, .crashed)
    #expect(settled(retry) == retry)
  }

  @Test func `what strangers had a part in waits for a person`() {
    var task = TaskView(id: "t", title: "t")
    func doubt(_ hosts: [String]) -> String? {
      Retrospection.doubt(about: task, createdBy: hosts, trusted: ["here"])
    }
    #expect(doubt(["here"]) == nil)
    #expect(doubt(["here", "there"])?.contains("'there'") == true)
    task.labels = ["inbox"]
    #expect(doubt(["here"]) != nil)
    task.labels = []
    for source in TaskSource.allCases {
      task.source = source
      #expect((doubt(["here"]) == nil) == source.isTrusted, "\(source)")
    }
    task.source = nil
    task.issue = 7
    #expect(doubt(["here"]) != nil)
  }
}
