// Times transitions of the state: orch's store, git plumbing, and SQLite, in turn on one machine.
//
//   StateBench FOLDER TASKS            makes FOLDER/state-TASKS and times the three in alternation
//   StateBench FOLDER TASKS change N   changes N of its tasks
//
// prints a line for each way: transitions per second, the median of the rounds, and their spread. The
// peers do the same job: replace one task's half-kilobyte file durably and record that it happened.
import Foundation

struct Usage: Error {}

let arguments = CommandLine.arguments
guard arguments.count >= 3, let count = Int(arguments[2]) else { throw Usage() }
let state = try await BenchState(at: arguments[1] + "/state-\(count)", tasks: count)
if arguments.count == 5, arguments[3] == "change", let changes = Int(arguments[4]) {
  try await state.change(together: changes)
} else {
  let database = try Database(at: arguments[1] + "/db-\(count)", tasks: count)
  var singles = Rates("orch, one by one")
  var batches = Rates("orch, 64 at once")
  var plumbing = Rates("git plumbing")
  var sqlite = Rates("SQLite, WAL, FULL")
  for _ in 0..<10 {
    singles.add(100, try await seconds { try await state.change(oneByOne: 100) })
    batches.add(256, try await seconds { for _ in 0..<4 { try await state.change(together: 64) } })
    plumbing.add(2, try await seconds { try state.changeWithGit(2) })
    sqlite.add(200, try database.change(200))
  }
  for rates in [singles, batches, plumbing, sqlite] { print("\(count)\t\(rates.line)") }
  for changed in [10, 100, 500, 5000] where changed * 2 <= count {
    let time = try await state.join(changed: changed)
    print("\(count)\torch, join, \(changed) changed on each side\t\(Int(time * 1000)) ms")
  }
}
