import Foundation
import Workflow

/// How long it takes to choose the lessons of one prompt from many, whose effects are measured over many tasks.
///
/// The peer is what a script would do: `git grep` for the path that the task names over the same sentences as files.
struct LessonBench {
  /// Lessons, and tasks that were told some of them.
  static let count = 10_000
  /// How many lessons one task was told or not told.
  static let told = 15
  /// How often each is timed, in turn.
  static let rounds = 21

  private let folder: String
  private let lessons: [Lesson]
  private let tasks: [TaskView]
  private let next: TaskView

  init(at folder: String) {
    self.folder = folder
    var random = SplitMix(state: 7)
    lessons = (0..<Self.count).map { Self.lesson($0) }
    let ids = lessons.map(\.id)
    tasks = (0..<Self.count).map { number in
      var task = TaskView(id: String(number + 1_000_000), title: "Task \(number)")
      task.createdAt = number
      task.status = .done
      var attempt = Attempt(number: 1, token: 1, agent: "agent\(number % 9)")
      let all = (0..<Self.told).map { _ in ids[Int.random(in: 0..<ids.count, using: &random)] }
      attempt.lessons = Array(all.dropFirst(3))
      attempt.heldOut = Array(all.prefix(3))
      attempt.endedAt = number + 1
      let isGood = Bool.random(using: &random)
      attempt.outcome = isGood ? .succeeded : .failed
      attempt.failure = isGood ? nil : .checksFailed
      task.attempts = [attempt]
      return task
    }
    var next = TaskView(id: "000000000001", title: "Change Sources/Room50/File.swift")
    next.body = String(repeating: "and see that Tests/Room50/Test.swift still passes. ", count: 100)
    self.next = next
  }

  /// One in fifty is retired, a fifth each belongs to a path, a label, an agent, a kind and the repository.
  private static func lesson(_ number: Int) -> Lesson {
    var lesson = Lesson(
      id: "lesson\(number)",
      text: "Do what number \(number) says in Sources/Room\(number)/ before you commit")
    lesson.origin = .retrospective
    lesson.createdAt = number
    if number % 50 == 0 { lesson.retiredBecause = "it did not help" }
    lesson.scope =
      switch number % 5 {
      case 0: .path("Sources/Room\(number)/")
      case 1: .label("label\(number)")
      case 2: .agent("agent\(number % 9)")
      case 3: .kind(.review)
      default: .repository
      }
    return lesson
  }

  /// Times all ways in turn and prints a line for each.
  func run() throws {
    try prepare()
    let effects = LessonEffect.measure(tasks, of: lessons)
    var times: [String: [Double]] = [:]
    for _ in 0..<Self.rounds {
      time("choose, effects known", &times) {
        _ = LessonChoice.choose(
          from: lessons, for: next, agent: "agent7", effects: effects, rules: LessonRules())
      }
      time("measure effects and choose", &times) {
        _ = LessonChoice.choose(
          from: lessons, for: next, agent: "agent7",
          effects: LessonEffect.measure(tasks, of: lessons), rules: LessonRules())
      }
      try time("git grep over the same sentences", &times) {
        try git("grep", "--quiet", "-F", "Sources/Room50/")
      }
    }
    print("== lessons of a prompt from \(Self.count), told \(effects.count) of them, milliseconds")
    for (name, taken) in times.sorted(by: { $0.key < $1.key }) {
      let sorted = taken.sorted()
      print(String(format: "%@\t%.1f\t%.1f", name, sorted[sorted.count / 2], sorted[0]))
    }
    let own = times["measure effects and choose"]?.sorted()[Self.rounds / 2] ?? 0
    let peer = times["git grep over the same sentences"]?.sorted()[Self.rounds / 2] ?? 1
    print(String(format: "  measure and choose / git grep %.2f (goal 2)", own / peer))
  }

  private func time(
    _ name: String, _ times: inout [String: [Double]], _ body: () throws -> Void
  ) rethrows {
    let taken = try ContinuousClock().measure { try body() }
    let parts = taken.components
    times[name, default: []].append(
      Double(parts.seconds) * 1000 + Double(parts.attoseconds) / 1e15)
  }

  private func prepare() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for lesson in lessons {
      try Data((lesson.text + "\n").utf8).write(to: URL(fileURLWithPath: "\(folder)/\(lesson.id)"))
    }
    try git("init", "-q", ".")
    try git("add", "-A")
    try git("-c", "user.name=b", "-c", "user.email=b@b", "commit", "-q", "-m", "lessons")
  }

  private func git(_ words: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git"] + words
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
  }
}
