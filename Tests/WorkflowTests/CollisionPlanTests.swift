import TestSupport
import Testing
import Workflow

@Suite struct `Planning around collisions` {
  private func task(_ id: String, _ status: TaskStatus = .routed, priority: Int = 0) -> TaskView {
    var task = TaskView(id: id, title: id)
    task.status = status
    task.priority = priority
    task.base = "main"
    task.route = Route(executor: "a", reason: "r")
    return task
  }

  private func started(
    _ tasks: [TaskView], jobs: Int, collisions: [String: Set<String>]
  ) -> [String] {
    var world = World()
    world.tasks = Dictionary(uniqueKeysWithValues: tasks.map { ($0.id, $0) })
    world.agents = [AgentAvailability(name: "a")]
    world.jobs = jobs
    world.host = "h"
    world.collisions = collisions
    return Planner.plan(world).effects.compactMap { effect -> String? in
      guard case .start(let task, _) = effect else { return nil }
      return task
    }
  }

  @Test func `the second of two that collide gives its slot to another`() {
    let pairs = ["1": Set(["2"]), "2": Set(["1"])]
    let tasks = [task("1"), task("2"), task("3")]
    #expect(started(tasks, jobs: 2, collisions: pairs) == ["1", "3"])
    #expect(started(tasks, jobs: 2, collisions: [:]) == ["1", "2"])
  }

  @Test func `no slot stays empty for a collision`() {
    let pairs = ["1": Set(["2", "3"]), "2": Set(["1", "3"]), "3": Set(["1", "2"])]
    #expect(
      started([task("1"), task("2"), task("3")], jobs: 3, collisions: pairs) == ["1", "2", "3"])
  }

  @Test func `a lower priority never goes first because of a collision`() {
    let pairs = ["1": Set(["2"]), "2": Set(["1"])]
    let tasks = [task("1", priority: 2), task("2", priority: 2), task("3")]
    #expect(started(tasks, jobs: 2, collisions: pairs) == ["1", "2"])
  }

  @Test func `who collides with a task at work waits for others, on whichever machine it is`() {
    var running = task("0", .inProgress)
    running.attempts = [Attempt(number: 1, token: 1, agent: "a")]
    running.attempts[0].host = "elsewhere"
    let tasks = [running, task("1"), task("2")]
    #expect(started(tasks, jobs: 1, collisions: ["1": ["0"]]) == ["2"])
  }

  @Test func `files are found in a text, announced ones apart`() {
    let text = """
      Fix the login in `Sources/app/Login.swift:42`, and see ./docs/login.md. Do it e.g. like Makefile!
      Not https://example.invalid/a.html, nor /etc/passwd.

      ## Files
      - `Sources/app/New.swift`
      - Tests/LoginTests.swift

      ## Acceptance
      make check passes
      """
    let paths = TaskForecast.paths(in: text)
    #expect(paths.announced == ["Sources/app/New.swift", "Tests/LoginTests.swift"])
    #expect(paths.mentioned.contains("Sources/app/Login.swift"))
    #expect(paths.mentioned.contains("docs/login.md"))
    #expect(paths.mentioned.contains("Makefile"))
    #expect(!paths.mentioned.contains { $0.hasPrefix("/") || $0.contains("example") })
  }
}
