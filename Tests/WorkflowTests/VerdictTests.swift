import TestSupport
import Testing
import Workflow

@Suite struct `What follows from an attempt` {
  private func attempt(
    _ number: Int, _ outcome: AttemptOutcome, _ failure: FailureKind? = nil, error: String? = nil,
    commits: Int = 0
  ) -> Attempt {
    var attempt = Attempt(number: number, token: number, agent: "a")
    attempt.outcome = outcome
    attempt.failure = failure
    attempt.error = error
    attempt.commits = commits
    attempt.endedAt = number
    return attempt
  }

  private func task(_ attempts: [Attempt], summary: String = "") -> TaskView {
    var task = TaskView(id: "000000000001", title: "t")
    task.attempts = attempts
    if !summary.isEmpty {
      var result = TaskResult()
      result.summary = summary
      task.result = result
    }
    return task
  }

  @Test func `commits are published, a reason without commits finishes, silence fails`() {
    let committed = attempt(1, .succeeded, commits: 1)
    #expect(Verdict.decide(task([committed]), attempt: committed, limits: Limits()) == .publish)
    let empty = attempt(1, .succeeded)
    #expect(
      Verdict.decide(task([empty], summary: "nothing to do"), attempt: empty, limits: Limits())
        == .finish(summary: "nothing to do"))
    guard
      case .retry(let reason, .work) = Verdict.decide(
        task([empty]), attempt: empty, limits: Limits())
    else {
      Issue.record("a silent run is not a success")
      return
    }
    #expect(reason.contains("changed nothing"))
  }

  @Test func `the same error blocks after four attempts, whatever its numbers and paths`() {
    let errors = (1...4).map { "exit code 1: /tmp/run\($0)/x.swift:\($0): error at 12:0\($0)" }
    let attempts = errors.enumerated().map { attempt($0 + 1, .failed, .crashed, error: $1) }
    for count in 1...3 {
      let some = Array(attempts.prefix(count))
      guard case .retry = Verdict.decide(task(some), attempt: some[count - 1], limits: Limits())
      else {
        Issue.record("attempt \(count) must be followed by another")
        return
      }
    }
    guard case .block = Verdict.decide(task(attempts), attempt: attempts[3], limits: Limits())
    else {
      Issue.record("the fourth attempt with the same error must block")
      return
    }
  }

  @Test func `ten attempts are the most, and those before a retry do not count`() {
    let attempts = (1...10).map {
      attempt($0, .failed, .crashed, error: String(repeating: "word ", count: $0))
    }
    guard case .block = Verdict.decide(task(attempts), attempt: attempts[9], limits: Limits())
    else {
      Issue.record("ten are the most")
      return
    }
    var forgiven = task(attempts)
    forgiven.attemptsForgiven = 9
    guard case .retry = Verdict.decide(forgiven, attempt: attempts[9], limits: Limits()) else {
      Issue.record("a retry begins anew")
      return
    }
  }

  @Test(arguments: FailureKind.allCases)
  func `limits of an agent reroute, a missing program is not tried again`(kind: FailureKind) {
    let failed = attempt(1, .failed, kind, error: "e")
    let verdict = Verdict.decide(task([failed]), attempt: failed, limits: Limits())
    switch (kind, verdict) {
    case (.rateLimited, .reroute), (.overloaded, .reroute), (.quota, .reroute),
      (.authentication, .reroute), (.notInstalled, .block), (.misconfigured, .block),
      (.budgetExceeded, .askPerson),
      (.refused, .askPerson):
      break
    case (_, .retry): #expect(!kind.isAgentLimit && !kind.needsPerson)
    default: Issue.record("\(kind) led to \(verdict)")
    }
  }

  @Test(arguments: [
    ("Error at /a/b.swift:12:3", "error at #"), ("took 3.4s and 12ms", "took #s and #ms"),
    ("commit deadbeef1 failed", "commit # failed"), ("  Two   Spaces ", "two spaces"),
    ("run 123e4567-e89b-12d3-a456-426614174000 failed", "run # failed"),
    ("no value for 'deadline'", "no value for deadline"),
    ("a feed-back decade", "a feed-back decade"),
    ("", ""),
  ])
  func `errors are made comparable`(text: String, expected: String) {
    #expect(ErrorNormaliser.normalise(text) == expected)
  }

  @Test func `a long error is bounded`() {
    let long = String(repeating: "word ", count: 10_000)
    #expect(ErrorNormaliser.normalise(long).count <= ErrorNormaliser.maximumLength)
  }

  @Test func `an agent rests longer with each limit in a row, and a success ends it`() {
    var task = task([])
    var now = 0
    var rests: [Int] = []
    for number in 1...8 {
      var limited = attempt(number, .failed, .rateLimited, error: "429")
      limited.endedAt = now
      task.attempts.append(limited)
      let until = CoolDown.until("a", tasks: [task], now: now) ?? 0
      rests.append(until - now)
      now = until
    }
    #expect(rests.first == CoolDown.firstMilliseconds)
    #expect(rests[1] == 2 * CoolDown.firstMilliseconds)
    #expect(rests.last == CoolDown.longestMilliseconds)
    var success = attempt(9, .succeeded, commits: 1)
    success.endedAt = now
    task.attempts.append(success)
    #expect(CoolDown.until("a", tasks: [task], now: now) == nil)
    #expect(CoolDown.until("b", tasks: [task], now: 0) == nil)
  }
}
