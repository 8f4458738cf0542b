import TestSupport
import Testing

@testable import Workflow

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
