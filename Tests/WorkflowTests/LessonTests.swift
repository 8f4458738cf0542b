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
