// What an hour of watching twenty workers costs an agent in the orchestrator's seat, and how long choosing lessons takes.
//
//   SeatBench FOLDER
//
// plays an hour of twenty workers into a state of its own (seeded, by a clock of its own) and counts the bytes that each way of
// watching would put into the agent's context. Tokens are bytes divided by four: an approximation, the same for every way.
// Then it chooses the lessons of a prompt from 10,000, their effects measured over 10,000 tasks, beside git searching the same.
import Foundation

struct Usage: Error {}

guard CommandLine.arguments.count == 2 else { throw Usage() }
let hour = try await WatchedHour(at: CommandLine.arguments[1] + "/seat")
try await hour.run()
for line in hour.report { print(line) }

try LessonBench(at: CommandLine.arguments[1] + "/lessons").run()
