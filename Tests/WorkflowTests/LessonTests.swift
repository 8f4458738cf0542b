import TestSupport
import Testing

@testable import Workflow

@Suite struct `Lessons for a worker` {
  private func lesson(
    _ id: String, _ scope: LessonScope = .repository, _ origin: LessonOrigin = .retrospective
  ) -> Lesson {
    var lesson = Lesson(id: id, text: "Do as \(id) says")
    lesson.scope = scope
    lesson.origin = origin
    return lesson
  }

  private func task(_ id: String = "t1") -> TaskView {
    var task = TaskView(id: id, title: "Move db/schema.sql")
    task.body = "and src/a/b.swift"
    task.labels = ["ui"]
    return task
  }

  private func told(
    _ lessons: [Lesson], _ task: TaskView, _ rules: LessonRules,
    effects: [String: LessonEffect] = [:]
  ) -> [String] {
    LessonChoice.choose(from: lessons, for: task, agent: "a", effects: effects, rules: rules)
      .told.map(\.id)
  }

  private var all: LessonRules {
    var rules = LessonRules()
    rules.holdOutPercent = 0
    return rules
  }

  @Test func `apply by scope, the closest first`() throws {
    var failed = task()
    var attempt = Attempt(number: 1, token: 1, agent: "a")
    attempt.outcome = .failed
    attempt.failure = .timedOut
    attempt.endedAt = 1
    failed.attempts = [attempt]
    let lessons = [
      lesson("r"), lesson("p", .path("db/")), lesson("q", .path("src/b")),
      lesson("l", .label("ui")),
      lesson("m", .label("db")), lesson("k", .kind(.implement)), lesson("s", .kind(.spec)),
      lesson("a", .agent("a")), lesson("b", .agent("b")), lesson("e", .error(.timedOut)),
    ]
    #expect(told(lessons, task(), all) == ["p", "l", "a", "k", "r"])
    #expect(told(lessons, failed, all) == ["e", "p", "l", "a", "k", "r"])
    for text in ["repository", "label:x", "kind:spec", "agent:x", "path:src/", "error:crashed"] {
      #expect(try #require(LessonScope(text)).text == text)
    }
    #expect(LessonScope("path:src/**/*.swift") == .path("src/"))
    for text in ["", "galaxy", "label:", "kind:x", "error:x", "repository:x"] {
      #expect(LessonScope(text) == nil, "\(text)")
    }
  }

  @Test func `what waits or is retired is told to nobody`() {
    var waiting = lesson("w")
    waiting.waitsBecause = "a stranger"
    var retired = lesson("x")
    retired.retiredBecause = "it was an outage"
    #expect(told([waiting, retired, lesson("r")], task(), all) == ["r"])
  }

  @Test func `the budget holds in bytes and in number, proven ones and those of people first`() {
    let person = lesson("zz", .repository, .person)
    let many = (0..<100).map { lesson("l\($0)", .label("ui")) }
    var proven = LessonEffect()
    proven.told.tasks = 50
    proven.told.firstTime = 50
    proven.heldOut.tasks = 20
    let chosen = told(many + [person], task(), all, effects: ["l7": proven])
    #expect(chosen.count == all.maximumCount)
    #expect(chosen.prefix(2) == ["l7", "zz"])
    var small = all
    small.maximumBytes = 45
    let few = told(many + [person], task(), small)
    #expect(few.count == 3 && few.first == "zz")
    small.maximumBytes = 0
    #expect(told(many, task(), small) == [])
  }

  @Test func `whether a task goes without follows from the names, in the share that is asked for`()
  {
    var rules = LessonRules()
    var held = 0
    for number in 0..<2000 {
      let selection = LessonChoice.choose(
        from: [lesson("one")], for: task("task\(number)"), agent: "a", effects: [:], rules: rules)
      #expect(selection.told.count + selection.heldOut.count == 1)
      held += selection.heldOut.count
    }
    #expect((320...480).contains(held), "\(held)")
    rules.holdOutPercent = 100
    #expect(told([lesson("one")], task(), rules) == [])
    // A person's lesson is always told, and after a failure nothing is held back.
    #expect(told([lesson("one", .repository, .person)], task(), rules) == ["one"])
    var failed = task()
    var attempt = Attempt(number: 1, token: 1, agent: "a")
    attempt.outcome = .failed
    attempt.failure = .crashed
    failed.attempts = [attempt]
    #expect(told([lesson("one")], failed, rules) == ["one"])
  }

  @Test func `ten thousand lessons are chosen from`() {
    let many = (0..<10_000).map { lesson("l\($0)", $0 % 2 == 0 ? .path("x\($0)/") : .label("l")) }
    #expect(told(many + [lesson("p", .path("db/"))], task(), all) == ["p"])
  }
}

@Suite struct `The effect of a lesson` {
  private func task(
    _ number: Int, told: [String] = [], heldOut: [String] = [], good: Bool,
    failure: FailureKind? = nil
  ) -> TaskView {
    var task = TaskView(id: "t\(number)", title: "t")
    task.createdAt = number
    var attempt = Attempt(number: 1, token: 1, agent: "a")
    attempt.lessons = told
    attempt.heldOut = heldOut
    attempt.endedAt = 1
    attempt.outcome = good ? .succeeded : .failed
    attempt.failure = good ? nil : failure ?? .crashed
    attempt.costUSD = 2
    task.attempts = [attempt]
    return task
  }

  private func found(_ id: String, _ origin: LessonOrigin = .retrospective) -> Lesson {
    var lesson = Lesson(id: id, text: "x")
    lesson.origin = origin
    return lesson
  }

  private func tasks(told: (Int, Int), heldOut: (Int, Int)) -> [TaskView] {
    let first = (0..<told.1).map { task($0, told: ["L"], good: $0 < told.0) }
    let second = (0..<heldOut.1).map { task(1000 + $0, heldOut: ["L"], good: $0 < heldOut.0) }
    return first + second
  }

  private func verdict(
    told: (Int, Int), heldOut: (Int, Int), _ origin: LessonOrigin = .retrospective
  ) throws -> LessonVerdict {
    let effects = LessonEffect.measure(tasks(told: told, heldOut: heldOut), of: [Lesson]())
    return LessonVerdict.decide(found("L", origin), try #require(effects["L"]))
  }

  @Test func `is the share of first attempts with it beside that without`() throws {
    var all = tasks(told: (3, 4), heldOut: (1, 2))
    // Limits of an agent say nothing about the work; the next attempt is the first that does.
    var limited = task(50, told: ["L"], good: false, failure: .rateLimited)
    var second = limited.attempts[0]
    second.outcome = .succeeded
    second.failure = nil
    limited.attempts.append(second)
    all.append(limited)
    // A task of which nothing has ended, and one that looks back, count for nothing.
    var running = task(60, told: ["L"], good: true)
    running.attempts[0].endedAt = nil
    var looking = task(61, told: ["L"], good: true)
    looking.kind = .retrospective
    all += [running, looking]
    let effect = try #require(LessonEffect.measure(all, of: [Lesson]())["L"])
    #expect(effect.told.tasks == 5 && effect.told.firstTime == 4 && effect.told.attempts == 6)
    #expect(effect.heldOut.tasks == 2 && effect.heldOut.firstTime == 1)
    #expect(effect.told.costUSD == 12 && !effect.isProven)
    #expect(
      effect.sentence
        == "first attempts succeeded in 4 of 5 tasks with it and in 1 of 2 without")
  }

  @Test func `decides what stays and what goes`() throws {
    #expect(try verdict(told: (40, 40), heldOut: (0, 10)) == .keep)
    #expect(try verdict(told: (0, 5), heldOut: (5, 5)) == .keep)
    guard case .retire(let harm) = try verdict(told: (2, 24), heldOut: (9, 10)) else {
      Issue.record("a harmful lesson stays")
      return
    }
    #expect(harm.hasPrefix("it does harm"))
    guard case .retire(let idle) = try verdict(told: (285, 300), heldOut: (57, 60)) else {
      Issue.record("a useless lesson stays")
      return
    }
    #expect(idle.hasPrefix("it does not help"))
    #expect(try verdict(told: (2, 24), heldOut: (9, 10), .person) == .keep)
  }

  @Test func `of two that say the same, one goes, and the other is then measured without it`() {
    // Each is held back from one task in fifteen, and no task goes without both.
    let tasks = (0..<3000).map { number in
      let withA = number % 15 != 0
      let withB = number % 15 != 1
      return task(
        number, told: (withA ? ["A"] : []) + (withB ? ["B"] : []),
        heldOut: (withA ? [] : ["A"]) + (withB ? [] : ["B"]), good: withA || withB)
    }
    var lessons = [found("A"), found("B")]
    let first = LessonVerdict.next(lessons, LessonEffect.measure(tasks, of: lessons))
    guard let gone = lessons.firstIndex(where: { $0.id == first?.lesson.id }) else {
      Issue.record("both stay")
      return
    }
    lessons[gone].retiredBecause = first?.reason
    let left = LessonEffect.measure(tasks, of: lessons)
    let other = left[lessons[1 - gone].id]
    #expect(other?.told.tasks == 200 && other?.heldOut.tasks == 0)
    #expect(LessonVerdict.next(lessons, left) == nil)
    // Another that went and says something else changes nothing for it.
    var song = found("C")
    song.text = "Sing before starting"
    song.retiredBecause = "test"
    let alone = LessonEffect.measure(tasks, of: [found("A"), song])["A"] ?? LessonEffect()
    #expect(alone.told.tasks + alone.heldOut.tasks == LessonEffect.maximumSamples)
  }
}

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
      known == .lesson(FoundLesson(text: "", when: "", scope: .repository, sameAs: "8d5caf")))
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
    #expect(match("Run the linter before committing", .label("ui")) == .new)
    #expect(match("") == .new)
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
    task.issue = 7
    #expect(doubt(["here"]) != nil)
  }
}
