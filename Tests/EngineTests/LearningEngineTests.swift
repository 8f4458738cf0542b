import Foundation
import Git2
import GitState
import JSON
import TestSupport
import Testing
import Workflow

@testable import Engine

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Learning in the state` {
  let scratch = Scratch.current

  private func store() async throws -> TaskStore {
    try scratch.repository()
    var random = SystemRandomNumberGenerator()
    let state = try StateStore(
      at: scratch["repo"], hostName: "here",
      identity: Signature(name: "o", email: "o@localhost", seconds: 0),
      clock: { Int(Date().timeIntervalSince1970 * 1000) }, using: &random)
    try await state.initialise()
    return TaskStore(state)
  }

  private func options() -> EngineOptions {
    EngineOptions(
      repository: scratch["repo"], worktreesRoot: scratch["trees"], project: "p", program: "/x",
      clock: { Int(Date().timeIntervalSince1970 * 1000) },
      makePrompt: { _ in PreparedPrompt(text: "") },
      routing: RoutingText(
        question: { _, _ in "" }, answer: { _, _ in Route(executor: "", reason: "") }),
      workerGuard: { _, _, _ in WorkerGuardFiles(scripts: [:], environment: [:]) })
  }

  private func found(_ text: String) -> FoundLesson {
    FoundLesson(text: text, when: "", scope: .repository, sameAs: nil)
  }

  private func learn(_ store: TaskStore, _ text: String, _ case: String) async throws -> Lesson {
    try await LessonStore(store.state).learn(
      found(text), from: LessonEvidence(task: `case`, failed: 1), author: "t", doubt: nil
    ).lesson
  }

  /// A finished task whose first attempt went as it is said.
  private func add(
    _ store: TaskStore, told: [String], heldOut: [String], good: Bool
  ) async throws {
    var random = SystemRandomNumberGenerator()
    let task = try await store.add(
      NewTask(title: "t"), id: RecordID.random(using: &random), author: "a", now: 1)
    var attempt = Attempt(number: 1, token: 1, agent: "a")
    attempt.host = store.state.host
    attempt.lessons = told
    attempt.heldOut = heldOut
    attempt.endedAt = 2
    attempt.outcome = good ? .succeeded : .failed
    attempt.failure = good ? nil : .crashed
    for event in [TaskEvent.routed, .attemptStarted, .finished] {
      var change = TaskChange(event)
      if event == .attemptStarted {
        change.fields[Field.attempt(1, "start")] = attempt.startFields
        change.fields[Field.attempt(1, "end")] = attempt.endFields
      }
      try await store.record(task.id, change)
    }
  }

  @Test func `orch retires what does harm, names the commit that brought it, and keeps what helps`()
    async throws
  {
    let store = try await store()
    let good = try await learn(store, "Regenerate the schema first", "a1")
    let bad = try await learn(store, "Delete the fixtures before testing", "a2")
    for number in 0..<48 {
      let withGood = number % 3 != 0
      let withBad = number % 4 != 0
      try await add(
        store, told: (withGood ? [good.id] : []) + (withBad ? [bad.id] : []),
        heldOut: (withGood ? [] : [good.id]) + (withBad ? [] : [bad.id]), good: withGood && !withBad
      )
    }
    let orchestrator = try Orchestrator(options: options(), tasks: store, report: { _ in })
    try await orchestrator.run(.untilIdle)
    let lessons = try await LessonStore(store.state).all()
    let retired = try #require(lessons.first { $0.id == bad.id })
    #expect(
      retired.retiredBecause?.hasPrefix("it does harm: first attempts succeeded in 0 of") == true)
    #expect(lessons.first { $0.id == good.id }?.isInForce == true)
    let message = try scratch.git("log", "-1", "--format=%B", "refs/orch/state", in: "repo")
    let brought = try scratch.git(
      "log", "--format=%h", "--grep=Delete the fixtures", "--grep=lesson.added", "--all-match",
      "refs/orch/state", in: "repo")
    #expect(message.contains("retired: Delete the fixtures"))
    #expect(!brought.isEmpty && message.contains("Orch-Reverts: \(brought)"))
    // Looking again changes nothing.
    let tip = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    try await Orchestrator(options: options(), tasks: store, report: { _ in }).run(.untilIdle)
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "repo") == tip)
  }

  @Test func `what is said by many at once is one lesson, with all of its evidence`() async throws {
    let store = try await store()
    let lessons = LessonStore(store.state)
    var evidence = Set<String>()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<6 {
        evidence.insert("a\(number)#1")
        group.addTask {
          _ = try await lessons.add("Same  thing", scope: .repository, author: "a")
          _ = try await lessons.learn(
            FoundLesson(text: "same thing", when: "", scope: .repository, sameAs: nil),
            from: LessonEvidence(task: "a\(number)", failed: 1), author: "t", doubt: nil)
        }
      }
      try await group.waitForAll()
    }
    let all = try await lessons.all()
    #expect(all.count == 1)
    #expect(Set(all.first?.evidence.map(\.text) ?? []) == evidence)
  }

  /// Learns one cause in a scope.
  private func learn(
    _ lessons: LessonStore, _ scope: LessonScope, _ case: String, doubt: String? = nil,
    text: String = "Regenerate the schema first", sameAs: String? = nil
  ) async throws -> (lesson: Lesson, isNew: Bool) {
    try await lessons.learn(
      FoundLesson(text: text, when: "", scope: scope, sameAs: sameAs),
      from: LessonEvidence(task: `case`, failed: 1), author: "t", doubt: doubt)
  }

  @Test func `a cause that is found in another place widens its lesson and is no second one`()
    async throws
  {
    let store = try await store()
    let lessons = LessonStore(store.state)
    let first = try await learn(lessons, .path("db/users/"), "a1").lesson
    let near = try await learn(lessons, .path("db/orders/"), "a2")
    #expect(near.lesson.id == first.id && !near.isNew)
    #expect(near.lesson.scope == .path("db/") && near.lesson.evidence.count == 2)
    let inside = try await learn(lessons, .path("db/x"), "a3")
    #expect(inside.lesson.scope == .path("db/") && inside.lesson.evidence.count == 3)
    // Named by its id, in other words.
    let named = try await learn(
      lessons, .label("api"), "a4", text: "Make the types anew", sameAs: String(first.id.prefix(6)))
    #expect(named.lesson.id == first.id && named.lesson.scope == .repository)
    // The same case again changes nothing.
    let tip = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    _ = try await learn(lessons, .path("other/"), "a4")
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "repo") == tip)
    #expect(try await lessons.all().count == 1)
    let message = try scratch.git(
      "log", "--format=%B", "--grep=lesson widened", "refs/orch/state", in: "repo")
    #expect(message.contains("path:db/users/ → path:db/") && message.contains("→ repository"))
  }

  @Test func `neither a stranger's case nor orch widens what is told without a person`()
    async throws
  {
    let store = try await store()
    let lessons = LessonStore(store.state)
    let first = try await learn(lessons, .path("db/"), "a1").lesson
    let strange = try await learn(lessons, .repository, "a2", doubt: "an issue")
    #expect(strange.isNew && strange.lesson.waitsBecause == "an issue")
    #expect(try await lessons.find(first.id).scope == .path("db/"))
    let said = try await lessons.add("Keep the API stable", scope: .path("api/"), author: "ann")
    let found = try await learn(lessons, .label("ui"), "a3", text: "Keep the API stable")
    #expect(found.isNew && found.lesson.waitsBecause?.contains("ann's words for path:api/") == true)
    #expect(try await lessons.find(said.id).scope == .path("api/"))
    // Where a person said it, it is evidence.
    let there = try await learn(lessons, .path("api/v2/"), "a4", text: "Keep the API stable")
    #expect(there.lesson.id == said.id && there.lesson.evidence.count == 1)
  }

  @Test func `many who widen one lesson at once lose no case and no place`() async throws {
    let store = try await store()
    let lessons = LessonStore(store.state)
    let first = try await learn(lessons, .path("db/a/"), "a0").lesson
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1..<6 {
        group.addTask { _ = try await learn(lessons, .path("db/\(number)/"), "a\(number)") }
      }
      try await group.waitForAll()
    }
    let all = try await lessons.all()
    #expect(all.map(\.id) == [first.id])
    #expect(all.first?.scope == .path("db/") && all.first?.evidence.count == 6)
  }

  @Test func `what was retired comes back by a person's word only`() async throws {
    let store = try await store()
    let lessons = LessonStore(store.state)
    let first = try await learn(store, "Regenerate the schema first", "a1")
    try await lessons.retire(first.id, because: "never this", author: "ann")
    let again = try await learn(store, "First regenerate the schema", "a2")
    #expect(again.id != first.id && !again.isInForce)
    #expect(again.waitsBecause?.contains("never this") == true)
    // The same words, and its own name as an answer.
    let named = try await lessons.learn(
      FoundLesson(text: "", when: "", scope: .repository, sameAs: String(first.id.prefix(6))),
      from: LessonEvidence(task: "a3", failed: 1), author: "t", doubt: nil)
    #expect(named.lesson.id == again.id && !named.isNew && named.lesson.evidence.count == 2)
    let said = try await lessons.add(
      "Regenerate the schema first", scope: .repository, author: "ann")
    #expect(said.isInForce && said.id != first.id)
    #expect(try await lessons.all().count { $0.isInForce } == 1)
  }

  @Test func `what a worker says waits until a person says it too`() async throws {
    let store = try await store()
    let lessons = LessonStore(store.state)
    let said = try await lessons.add(
      "Use tabs", scope: .repository, author: "task abc", origin: .worker)
    #expect(!said.isInForce && said.origin == .worker && said.origin.isMeasured)
    let again = try await lessons.add(
      "use tabs", scope: .repository, author: "task def", origin: .worker)
    #expect(again.id == said.id && !again.isInForce)
    let approved = try await lessons.add("use tabs", scope: .repository, author: "ann")
    #expect(approved.id == said.id && approved.isInForce)
  }

  @Test func `a case that is recorded twice is recorded once`() async throws {
    let store = try await store()
    let first = try await learn(store, "Regenerate the schema first", "a1")
    let again = try await learn(store, "Regenerate the schema first", "a1")
    let other = try await learn(store, "First regenerate the schema", "a2")
    #expect(first.id == again.id && other.id == first.id)
    let all = try await LessonStore(store.state).all()
    #expect(all.map(\.evidence.count) == [2])
    let tip = try scratch.git("rev-parse", "refs/orch/state", in: "repo")
    _ = try await learn(store, "First regenerate the schema", "a2")
    #expect(try scratch.git("rev-parse", "refs/orch/state", in: "repo") == tip)
    let opposite = try await learn(store, "Never regenerate the schema first", "a3")
    #expect(opposite.waitsBecause?.contains(first.id.prefix(6)) == true && !opposite.isInForce)
    let named = try await LessonStore(store.state).learn(
      FoundLesson(text: "", when: "", scope: .repository, sameAs: String(first.id.prefix(6))),
      from: LessonEvidence(task: "a4", failed: 1, succeeded: 2), author: "t", doubt: nil)
    #expect(!named.isNew && named.lesson.evidence.count == 3)
  }
}
