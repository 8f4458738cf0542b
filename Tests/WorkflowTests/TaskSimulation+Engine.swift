import TestSupport
import Workflow

/// What the engine does, and records.
extension TaskSimulation {
  /// Records an event; one that is illegal by now is dropped, as the engine does.
  @discardableResult
  mutating func record(
    _ id: String, _ event: TaskEvent, _ body: (inout TaskView) -> Void = { _ in }
  ) -> Bool {
    guard var task = tasks[id],
      let next = try? TaskMachine.transition(from: task.status, on: event)
    else { return false }
    task.status = next.status
    body(&task)
    tasks[id] = task
    return true
  }

  mutating func finish(_ effect: Effect) {
    guard let task = tasks[effect.task] else { return }
    switch effect {
    case .route: route(task)
    case .start(_, let purpose): start(task, purpose)
    case .supervise(_, let token): supervise(task, token)
    case .publish: publish(task)
    case .check(_, let head, let base): check(task, CommitPair(head: head, base: base))
    case .rebase: rebase(task)
    case .merge(_, let head, let base): merge(task, CommitPair(head: head, base: base))
    case .cleanUp(let id): record(id, .cleanedUp) { $0.isCleanedUp = true }
    case .resume(let id):
      record(id, .resumed) {
        $0.waitsForChildren = false
        $0.nextPurpose = .resume
      }
    case .block(let id, let reason): record(id, .blocked) { $0.reason = reason }
    case .askPerson(let id, let reason): record(id, .needsReview) { $0.reason = reason }
    case .takeOver: violations.append("took over without other machines")
    }
  }

  mutating func route(_ task: TaskView) {
    var ready = AgentChoice.ready(world.agents, at: clock).map(\.name)
    if case .agent(let name) = AgentChoice.byLabels(task) { ready = ready.filter { $0 == name } }
    guard let agent = ready.randomElement(using: &random) else { return }
    record(task.id, .routed) { $0.route = Route(executor: agent, reason: "chance") }
  }

  mutating func start(_ task: TaskView, _ purpose: AttemptPurpose) {
    let now = clock
    record(task.id, .attemptStarted) { task in
      let number = task.attempts.count + 1
      var attempt = Attempt(number: number, token: number, agent: task.route?.executor ?? "")
      attempt.purpose = purpose
      attempt.host = "h"
      attempt.startedAt = now
      task.attempts.append(attempt)
      task.base = "main"
      task.branch = "orch/\(task.id)"
      task.isCleanedUp = false
    }
    checkRunning()
  }

  mutating func supervise(_ task: TaskView, _ token: Int) {
    guard task.status == .inProgress, var attempt = task.attempts.last, attempt.token == token
    else { return }
    attempt.endedAt = clock
    attempt.costUSD = Double(Int.random(in: 0...4, using: &random))
    switch Int.random(in: 0..<(isChaotic ? 10 : 6), using: &random) {
    case 0...3:
      attempt.outcome = .succeeded
      attempt.commits = 1
    case 4: attempt.outcome = .unfinished
    case 5: attempt.outcome = .interrupted
    case 6 where task.children.isEmpty && task.parent == nil: attempt.outcome = .delegated
    case 7: attempt.outcome = .needsReview
    default:
      attempt.outcome = .failed
      attempt.failure = FailureKind.allCases.randomElement(using: &random)
      let length = Int.random(in: 1...9, using: &random)
      attempt.error = String(repeating: "word ", count: length)
    }
    var ended = task
    ended.attempts[ended.attempts.count - 1] = attempt
    follow(Verdict.decide(ended, attempt: attempt, limits: limits), ended)
    checkAttempts(task.id)
  }

  mutating func follow(_ verdict: Verdict, _ ended: TaskView) {
    let attempts = ended.attempts
    var children: [String] = []
    if case .delegate = verdict {
      children = (0..<2).map { _ in add(parent: ended.id) }
    }
    let isInterrupted = attempts.last?.outcome == .interrupted
    let event: TaskEvent =
      switch verdict {
      case .publish: .attemptSucceeded
      case .finish: .finished
      case .retry: isInterrupted ? .attemptInterrupted : .attemptFailed
      case .reroute: .attemptFailed
      case .delegate: .delegated
      case .block: .blocked
      case .askPerson: .needsReview
      }
    record(ended.id, event) { task in
      task.attempts = attempts
      if case .retry(_, let purpose) = verdict { task.nextPurpose = purpose }
      if case .delegate = verdict {
        task.children = children
        task.waitsForChildren = true
      }
    }
  }

  mutating func checkAttempts(_ id: String) {
    let counted = tasks[id]?.countedAttempts.count { attempt in
      attempt.endedAt != nil && attempt.failure?.isAgentLimit != true
        && attempt.outcome != .interrupted && attempt.purpose != .rebase
        && attempt.purpose != .repair && attempt.outcome != .succeeded
    }
    if (counted ?? 0) > limits.maxAttempts { violations.append("too many attempts") }
  }

  mutating func publish(_ task: TaskView) {
    heads += 1
    let name = "h\(heads)"
    let onto = "b\(Int.random(in: max(0, base - 1)...base, using: &random))"
    record(task.id, .pullRequestOpened) { task in
      var request =
        task.pullRequest ?? PullRequestView(id: "L\(task.id)", head: name, baseHead: onto)
      request.head = name
      request.baseHead = onto
      task.pullRequest = request
      task.nextPurpose = .work
    }
  }

  mutating func rebase(_ task: TaskView) {
    guard var request = task.pullRequest, task.status == .inReview else { return }
    guard chance(1, in: 5, &random) else {
      heads += 1
      request.head = "h\(heads)"
      request.baseHead = "b\(base)"
      record(task.id, .pullRequestRebased) { $0.pullRequest = request }
      return
    }
    request.rebaseTries += 1
    let isLast = request.rebaseTries > limits.maxRebaseTries
    record(task.id, isLast ? .needsReview : .pullRequestConflicted) {
      $0.pullRequest = request
      $0.nextPurpose = .rebase
    }
  }

  mutating func check(_ task: TaskView, _ pair: CommitPair) {
    guard var request = task.pullRequest, task.status == .inReview, request.head == pair.head
    else { return }
    request.checkedHead = pair.head
    request.checkedBase = pair.base
    request.checksPassed = !chance(1, in: 5, &random)
    var event = TaskEvent.checksPassed
    if request.checksPassed == false {
      request.repairTries += 1
      event = request.repairTries > limits.maxRepairTries ? .needsReview : .checksFailed
    }
    record(task.id, event) {
      $0.pullRequest = request
      if event == .checksFailed { $0.nextPurpose = .repair }
    }
  }

  mutating func merge(_ task: TaskView, _ pair: CommitPair) {
    guard task.pullRequest?.head == pair.head, task.status == .inReview, pair.base == "b\(base)"
    else { return }
    base += 1
    record(task.id, .merged)
  }
}
