// What an hour of watching twenty workers costs an agent in the orchestrator's seat, and how long choosing lessons takes.
//
//   SeatBench FOLDER
//
// plays an hour of twenty workers into a state of its own (seeded, by a clock of its own) and counts the bytes that each way of
// watching would put into the agent's context. Tokens are bytes divided by four: an approximation, the same for every way.
import Dashboard
import Engine
import Foundation
import Git2
import GitState
import Workflow

struct Usage: Error {}

guard CommandLine.arguments.count == 2 else { throw Usage() }
let hour = try await WatchedHour(at: CommandLine.arguments[1] + "/seat")
try await hour.run()
for line in hour.report { print(line) }

let lessons = (0..<10_000).map { number -> Lesson in
  var lesson = Lesson(
    id: "lesson\(number)", text: "Do what number \(number) says before you commit")
  lesson.origin = .retrospective
  lesson.scope =
    switch number % 5 {
    case 0: .path("Sources/Room\(number)/")
    case 1: .label("label\(number)")
    case 2: .agent("agent\(number)")
    case 3: .kind(.review)
    default: .repository
    }
  return lesson
}
var task = TaskView(id: "000000000001", title: "Change Sources/Room50/File.swift")
task.body = String(repeating: "and see that Tests/Room50/Test.swift still passes. ", count: 100)
let clock = ContinuousClock()
var times: [Duration] = []
for _ in 0..<20 {
  times.append(
    clock.measure {
      _ = LessonChoice.choose(
        from: lessons, for: task, agent: "agent7", effects: [:], rules: LessonRules())
    })
}
print("lessons for a prompt, chosen from 10,000: \(times.sorted()[10])")
