import TestSupport
import Testing
import Workflow

@Suite struct `Trying again` {
  private func failed(
    _ number: Int, _ failure: FailureKind = .crashed, error: String? = "it broke",
    under conditions: AttemptConditions? = AttemptConditions(
      prompt: "p", tools: "t", base: "b", configuration: "c", agent: "a/m")
  ) -> Attempt {
    var attempt = Attempt(number: number, token: number, agent: "a")
    attempt.outcome = .failed
    attempt.failure = failure
    attempt.error = error
    attempt.conditions = conditions
    return attempt
  }

  private func task(_ attempts: [Attempt]) -> TaskView {
    var task = TaskView(id: "000000000001", title: "t")
    task.attempts = attempts
    return task
  }

  private let same = AttemptConditions(
    prompt: "p", tools: "t", base: "b", configuration: "c", agent: "a/m")

  private func causes(
    _ attempts: [Attempt], _ next: AttemptConditions, purpose: AttemptPurpose = .work
  ) -> [RetryCause] {
    RetryRule.causes(for: task(attempts), purpose: purpose, under: next)
  }

  @Test func `nothing changed is no cause, and each change is named`() {
    #expect(causes([failed(1)], same).isEmpty)
    var next = same
    next.prompt = "p2"
    #expect(causes([failed(1)], next) == [.prompt])
    next.base = "b2"
    next.agent = "b/m"
    #expect(causes([failed(1)], next) == [.prompt, .base, .agent])
    next = same
    next.tools = "t2"
    next.configuration = "c2"
    #expect(causes([failed(1)], next) == [.tools, .configuration])
  }

  @Test func `what is not known counts as unchanged, what was never recorded is no bar`() {
    #expect(causes([failed(1)], AttemptConditions()).isEmpty)
    #expect(causes([failed(1, under: nil)], same) == [.unrecorded])
    #expect(causes([failed(1, under: AttemptConditions())], same).isEmpty)
  }

  @Test func `a missing tool costs one attempt, whatever the prompt says`() {
    for failure in [FailureKind.notInstalled, .environment] {
      var next = same
      next.prompt = "another"
      #expect(causes([failed(1, failure)], next).isEmpty, "\(failure)")
      next.tools = "installed"
      #expect(causes([failed(1, failure)], next) == [.tools], "\(failure)")
    }
  }

  @Test(arguments: FailureKind.allCases)
  func `an agent's limit is no failure of the task, every other one has a cure`(kind: FailureKind) {
    let causes = causes([failed(1, kind)], same)
    #expect(causes == (kind.isAgentLimit ? [.interruption] : []))
    #expect(!RetryRule.cures(of: kind).isEmpty)
    #expect(RetryRule.cures(of: kind).contains(.agent))
  }

  @Test func `a first attempt, a person's wish, another purpose and progress are causes`() {
    #expect(causes([], same) == [.first])
    var forgiven = task([failed(1)])
    forgiven.attemptsForgiven = 1
    #expect(RetryRule.causes(for: forgiven, purpose: .work, under: same) == [.person])
    #expect(causes([failed(1)], same, purpose: .rebase) == [.purpose])
    var done = failed(1)
    done.outcome = .succeeded
    done.commits = 1
    #expect(causes([done], same) == [.progress])
    done.commits = 0
    #expect(causes([done], same).isEmpty)
    done.outcome = .interrupted
    #expect(causes([done], same) == [.interruption])
  }

  @Test func `a change before the last attempt is no cause any more`() {
    var first = failed(1)
    first.conditions?.prompt = "old"
    #expect(causes([first, failed(2)], same).isEmpty)
  }

  @Test func `the planner blocks what has no cause and names the failure`() {
    var world = World()
    var stuck = task([failed(1, .crashed, error: "no such module")])
    stuck.status = .routed
    stuck.route = Route(executor: "a", reason: "r")
    world.tasks = [stuck.id: stuck]
    world.agents = [AgentAvailability(name: "a")]
    #expect(Planner.plan(world).effects == [.start(task: stuck.id, purpose: .work)])
    world.conditions = [stuck.id: same]
    guard case .block(_, let reason) = Planner.plan(world).effects.first else {
      Issue.record("\(Planner.plan(world))")
      return
    }
    #expect(reason.contains("attempt 1 failed: no such module"))
    world.conditions[stuck.id]?.base = "b2"
    #expect(Planner.plan(world).effects == [.start(task: stuck.id, purpose: .work)])
  }

  // MARK: Limits

  /// How many attempts a task gets if each fails with the error that a function of its number gives.
  private func attempts(
    _ limits: Limits, kind: FailureKind = .crashed, _ error: (Int) -> String?
  ) -> Int {
    var task = task([])
    for number in 1...100 {
      let attempt = failed(number, kind, error: error(number))
      task.attempts.append(attempt)
      guard case .retry = Verdict.decide(task, attempt: attempt, limits: limits) else {
        return number
      }
    }
    return 100
  }

  @Test(arguments: [1, 2, 3, 5])
  func `the same error may come back as often as the limit says`(limit: Int) {
    var limits = Limits()
    limits.retryLoop = limit
    #expect(attempts(limits) { "line \($0): no such file" } == limit + 1)
    #expect(attempts(limits) { _ in nil } == limit + 1)
    // Others between them make no difference.
    let mixed = attempts(limits) { $0.isMultiple(of: 2) ? String(repeating: "x", count: $0) : "e" }
    #expect(mixed == min(2 * limit + 1, limits.maxAttempts))
  }

  @Test(arguments: [1, 2, 10])
  func `different errors use up the attempts`(limit: Int) {
    var limits = Limits()
    limits.maxAttempts = limit
    let count = attempts(limits) { String(repeating: "word ", count: $0) }
    #expect(count == limit)
  }

  @Test func `a place that cannot be prepared is tried once more`() {
    #expect(attempts(Limits(), kind: .environment) { _ in "no space left" } == 2)
    #expect(attempts(Limits(), kind: .notInstalled) { _ in "not found" } == 1)
  }

  @Test func `silence is an error like any other`() {
    var task = task([])
    for number in 1...10 {
      var attempt = failed(number)
      attempt.outcome = .succeeded
      task.attempts.append(attempt)
      if case .block = Verdict.decide(task, attempt: attempt, limits: Limits()) { break }
    }
    #expect(task.attempts.count == Limits().retryLoop + 1)
  }

  @Test func `limits of agents and interruptions are counted nowhere`() {
    var task = task([])
    for number in 1...40 {
      var attempt = failed(number, number.isMultiple(of: 2) ? .rateLimited : .crashed)
      if !number.isMultiple(of: 2) { attempt.outcome = .interrupted }
      task.attempts.append(attempt)
    }
    let last = failed(41, error: "new")
    task.attempts.append(last)
    guard case .retry = Verdict.decide(task, attempt: last, limits: Limits()) else {
      Issue.record("forty attempts failed at nothing of their own")
      return
    }
  }

  @Test func `errors are compared in their first four hundred characters`() {
    let most = ErrorNormaliser.maximumLength
    let words = String(repeating: "ab ", count: most / 3)
    let beyond = attempts(Limits()) { words + String(repeating: "z", count: $0 + 1) }
    #expect(beyond == Limits().retryLoop + 1)
    let within = attempts(Limits()) { String(repeating: "z", count: $0) + " " + words }
    #expect(within == Limits().maxAttempts)
  }
}
