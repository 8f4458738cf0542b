import TestSupport
import Workflow

/// Tasks that share causes of failure, workers who fail unless the right lesson is in their prompt, and the loop that learns:
/// decisions are the product's, people and agents are played.
struct LessonSimulation {
  /// The causes of failure; each has a label and one instruction that prevents it.
  static let causes = ["schema", "locale", "fixtures"]

  private var random: SeededRandom
  private var tasks: [TaskView] = []
  private(set) var lessons: [Lesson] = []
  /// First attempts in order: the cause, and whether it succeeded.
  private(set) var firstAttempts: [(cause: String, isGood: Bool)] = []
  private(set) var retrospectives = 0
  /// As of the last task: measuring once for each is enough.
  private var effects: [String: LessonEffect] = [:]

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Puts a lesson in as if it had been found earlier.
  mutating func plant(_ id: String, _ text: String) {
    var lesson = Lesson(id: id, text: text)
    lesson.origin = .retrospective
    lessons.append(lesson)
  }

  mutating func run(tasks count: Int) {
    for number in 0..<count { step(number) }
  }

  func lesson(_ id: String) -> Lesson? { lessons.first { $0.id == id } }

  /// The part of first attempts that succeeded in a stretch of tasks, in percent.
  func percent(_ range: Range<Int>) -> Int {
    let part = firstAttempts[range]
    return 100 * part.count(where: \.isGood) / max(1, part.count)
  }

  private mutating func step(_ number: Int) {
    let cause = Self.causes.randomElement(using: &random) ?? ""
    var task = TaskView(id: "task\(number)", title: "Work on \(cause)")
    task.labels = [cause]
    task.createdAt = number
    for attempt in 1...4 {
      let selection = LessonChoice.choose(
        from: lessons, for: task, agent: "a", effects: effects, rules: LessonRules())
      var made = Attempt(number: attempt, token: attempt, agent: "a")
      made.lessons = selection.told.map(\.id)
      made.heldOut = selection.heldOut.map(\.id)
      made.endedAt = number
      let isGood = succeeds(selection.told, cause, attempt)
      made.outcome = isGood ? .succeeded : .failed
      made.failure = isGood ? nil : .checksFailed
      task.attempts.append(made)
      if attempt == 1 { firstAttempts.append((cause, isGood)) }
      if isGood { break }
    }
    task.status = task.attempts.last?.outcome == .succeeded ? .done : .blocked
    tasks.append(task)
    if let evidence = Retrospection.cause(task, now: 0) { lookBack(evidence, cause) }
    guard number % 5 == 4 else { return }
    effects = LessonEffect.measure(tasks, of: lessons)
    if let (lesson, reason) = LessonVerdict.next(lessons, effects),
      let index = lessons.firstIndex(of: lesson)
    {
      lessons[index].retiredBecause = reason
    }
  }

  /// A worker: without the instruction it fails the first time; a retry knows the error and mostly finds the way.
  private mutating func succeeds(_ told: [Lesson], _ cause: String, _ attempt: Int) -> Bool {
    if told.contains(where: { $0.text.contains("HARM") }),
      Int.random(in: 0..<10, using: &random) < 6
    {
      return false
    }
    if told.contains(where: { $0.text.contains("regenerate the \(cause)") }) { return true }
    return attempt > 1 && Int.random(in: 0..<10, using: &random) < 8
  }

  /// A retrospective worker: mostly right, in its own words; sometimes it names something that does not matter, or nothing.
  private mutating func lookBack(_ evidence: LessonEvidence, _ cause: String) {
    retrospectives += 1
    let good = [
      "lesson: Always regenerate the \(cause) before running the checks",
      "lesson: Before running the checks, regenerate the \(cause)",
    ]
    let line: String
    switch Int.random(in: 0..<10, using: &random) {
    case 0: line = "lesson: Read the file number \(Int.random(in: 0..<50, using: &random)) twice"
    case 1: line = "I could not say"
    default: line = good.randomElement(using: &random) ?? ""
    }
    guard case .lesson(let found) = RetrospectiveAnswer.read([line], summary: "") else { return }
    switch LessonMatch.find(found.text, found.scope, among: lessons) {
    case .new:
      var lesson = Lesson(id: "l\(lessons.count)", text: found.text)
      lesson.scope = found.scope
      lesson.origin = .retrospective
      lesson.createdAt = tasks.count
      lesson.evidence = [evidence]
      lessons.append(lesson)
    case .same(let known):
      if let index = lessons.firstIndex(of: known) { lessons[index].evidence.append(evidence) }
    case .elsewhere(let known):
      if let index = lessons.firstIndex(of: known) {
        lessons[index].scope = known.scope.joined(with: found.scope)
        lessons[index].evidence.append(evidence)
      }
    // These wait for a person, and nobody is told them.
    case .contradicts, .retired: break
    }
  }
}
