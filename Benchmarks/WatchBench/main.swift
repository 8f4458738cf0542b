import Workflow

// How long the watchers of many open pull requests think about a look, and what they hold in memory.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Milliseconds that a body takes.
func milliseconds(_ body: () -> Void) -> Double {
  let begin = ContinuousClock.now
  body()
  let (seconds, attoseconds) = (ContinuousClock.now - begin).components
  return Double(seconds) * 1000 + Double(attoseconds) / 1e15
}

/// The largest memory of this process so far, in megabytes.
func peakMegabytes() -> Double {
  var usage = rusage()
  // 0 is RUSAGE_SELF, which Swift imports in another type on each system.
  getrusage(0, &usage)
  return Double(usage.ru_maxrss) / 1024
}

/// A world with green pull requests that wait for approvals.
func world(_ count: Int) -> World {
  var world = World()
  world.rules.policy = .whenApproved
  world.host = "h"
  for number in 0..<count {
    let id = "t\(number)"
    let (head, base) = ("\(number)" + String(repeating: "a", count: 34), "b0")
    var task = TaskView(id: id, title: "Task \(number)")
    task.status = .inReview
    task.base = "main"
    var view = PullRequestView(id: "#\(number)", head: head, baseHead: base)
    for event in [PullRequestEvent.checksPassed(view.pair)] {
      view = (try? PullRequestMachine.transition(view, on: event, at: 1)) ?? view
    }
    task.pullRequest = view
    var look = Look(
      takenAt: 2, revision: view.revision, baseHead: base, branchHead: head, contained: base)
    look.checks = (0..<5).map {
      CheckLook(name: "check \($0)", state: .passed, run: "\($0)", pair: view.pair)
    }
    world.tasks[id] = task
    world.looks[id] = look
  }
  return world
}

for count in [100, 1000] {
  let before = peakMegabytes()
  var quiet = world(count)
  let memory = peakMegabytes() - before
  var times: [Double] = []
  for _ in 0..<21 {
    times.append(
      milliseconds {
        precondition(Planner.observations(quiet).isEmpty)
        precondition(Planner.plan(quiet).effects.isEmpty)
      })
  }
  for id in quiet.looks.keys { quiet.looks[id]?.baseHead = "b1" }
  var moved: [Double] = []
  for _ in 0..<21 {
    moved.append(milliseconds { precondition(Planner.observations(quiet).count == count) })
  }
  print(
    "\(count) open, nothing changed: \(times.sorted()[10]) ms a look; base moved: "
      + "\(moved.sorted()[10]) ms; memory \(memory) MB")
}
