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
    case .adopt: adopt(task)
    case .route: route(task)
    case .start(_, let purpose): start(task, purpose)
    case .supervise(_, let token): supervise(task, token)
    case .publish: publish(task)
    case .pullRequest(_, let effect): carryOut(effect, task)
    case .resumeReview(let id): record(id, .pullRequestResumed)
    case .report: violations.append("there are no issues")
    case .cleanUp(let id): record(id, .cleanedUp) { $0.isCleanedUp = true }
    case .resume(let id):
      record(id, .resumed) {
        $0.waitsForChildren = false
        $0.nextPurpose = .resume
      }
    case .block(let id, let reason): record(id, .blocked) { $0.reason = reason }
    case .askPerson(let id, let reason): needPerson(id, reason)
    case .takeOver: violations.append("took over without other machines")
    }
  }

  mutating func adopt(_ task: TaskView) {
    heads += 1
    let (head, onto) = ("h\(heads)", "b\(base)")
    record(task.id, .pullRequestOpened) { task in
      let before = task.pullRequest?.revision ?? -1
      task.pullRequest = PullRequestView(id: "L", head: head, baseHead: onto)
      task.pullRequest?.revision = before + 1
      task.base = "main"
      task.branch = task.watches
      task.isCleanedUp = false
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
      task.highestToken = number
      attempt.host = "h"
      attempt.startedAt = now
      task.attempts.append(attempt)
      task.base = "main"
      task.branch = "orch/\(task.id)"
      task.isCleanedUp = false
    }
    if let view = tasks[task.id]?.pullRequest, tasks[task.id]?.status == .inProgress {
      let token = tasks[task.id]?.highestToken ?? 0
      let told = (view.obligations.openReviews + view.openFailures).map(\.id)
      switch purpose {
      case .rebase: store(.rebaseStarted(token: token), task.id)
      case .repair: store(.repairStarted(token: token, obligations: told), task.id)
      case .work, .resume: break
      }
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
    let isForReview = attempts.last?.purpose.isForPullRequest == true && ended.hasOpenPullRequest
    failWork(verdict, ended)
    let event: TaskEvent =
      switch verdict {
      case .publish: .attemptSucceeded
      case .finish: isForReview ? .pullRequestResumed : .finished
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

  /// What the pull request learns when its worker brings nothing.
  mutating func failWork(_ verdict: Verdict, _ ended: TaskView) {
    guard let attempt = ended.attempts.last, attempt.purpose.isForPullRequest else { return }
    switch verdict {
    case .publish: break
    case .askPerson(let reason):
      store(.escalated(Question(.worker, reason)), ended.id)
    case .finish, .retry, .reroute, .delegate, .block:
      let event: PullRequestEvent =
        attempt.purpose == .rebase
        ? .rebaseFailed(token: attempt.token, reason: "no")
        : .repairFailed(token: attempt.token, reason: "no")
      store(event, ended.id)
    }
  }

  /// Stores an event of a pull request and what it means for the task; an illegal one is dropped.
  @discardableResult
  mutating func store(_ event: PullRequestEvent, _ id: String) -> Bool {
    guard let task = tasks[id], let before = task.pullRequest,
      let after = try? PullRequestMachine.transition(before, on: event, at: clock)
    else { return false }
    tasks[id]?.pullRequest = after
    let held: Set<PullRequestStatus> = [.escalated, .closed]
    if after.mergedAs != nil {
      record(id, .merged)
    } else if task.status == .needsReview, held.contains(before.status),
      !held.contains(after.status)
    {
      record(id, .pullRequestResumed)
    }
    return true
  }

  mutating func needPerson(_ id: String, _ reason: String) {
    guard let task = tasks[id], record(id, .needsReview, { $0.reason = reason }) else { return }
    if task.nextPurpose.isForPullRequest, task.hasOpenPullRequest {
      store(.escalated(Question(.worker, reason)), id)
    }
  }

  mutating func publish(_ task: TaskView) {
    heads += 1
    let name = "h\(heads)"
    // A worker that settles a conflict has merged a newer base.
    let newest = task.attempts.last?.purpose == .rebase ? base : max(0, base - 1)
    let onto = "b\(Int.random(in: newest...base, using: &random))"
    let isRecorded = record(task.id, .pullRequestOpened) { task in
      if task.pullRequest == nil {
        task.pullRequest = PullRequestView(id: "L\(task.id)", head: name, baseHead: onto)
      }
      task.nextPurpose = .work
    }
    guard isRecorded, let token = task.attempts.last?.token, let old = task.pullRequest else {
      return
    }
    switch old.activity {
    case .rebasing(token):
      store(.rebased(CommitPair(head: name, base: onto), token: token), task.id)
    case .repairing(token): store(.repaired(token: token, head: name, onto: onto), task.id)
    case .rebasing, .repairing, .merging, nil: store(.branchMoved(to: name, onto: onto), task.id)
    }
  }

  mutating func carryOut(_ effect: PullRequestEffect, _ task: TaskView) {
    guard let view = task.pullRequest, task.hasOpenPullRequest else { return }
    switch effect {
    case .rebase(let pair): rebase(task, view, pair)
    case .runChecks(let pair):
      let failure = FailedCheck(name: "test", run: "\(clock)")
      let isGreen = !chance(1, in: 5, &random)
      store(isGreen ? .checksPassed(pair) : .checksFailed(pair, [failure]), task.id)
    case .merge(let pair): merge(task, view, pair)
    case .settleConflict:
      record(task.id, .pullRequestConflicted) { $0.nextPurpose = .rebase }
    case .repair: record(task.id, .checksFailed) { $0.nextPurpose = .repair }
    case .rerun(let pair, let runs): store(.checksRerun(pair, runs), task.id)
    case .askReviewer: violations.append("there is no reviewer")
    case .askPerson(let question):
      if record(task.id, .needsReview, { $0.reason = question.text }) {
        store(.personAsked, task.id)
      }
    }
  }

  mutating func rebase(_ task: TaskView, _ view: PullRequestView, _ pair: CommitPair) {
    guard view.pair == pair, task.status == .inReview else { return }
    if chance(1, in: 5, &random) {
      store(.conflicted(pair, files: ["a.txt"]), task.id)
    } else {
      heads += 1
      store(.rebased(CommitPair(head: "h\(heads)", base: pair.base), token: nil), task.id)
    }
  }

  mutating func merge(_ task: TaskView, _ view: PullRequestView, _ pair: CommitPair) {
    guard view.pair == pair, task.status == .inReview else { return }
    if view.status != .merging, !store(.mergeStarted(pair), task.id) { return }
    guard pair.base == "b\(base)" else { return }
    base += 1
    store(.merged(as: "b\(base)"), task.id)
  }
}
