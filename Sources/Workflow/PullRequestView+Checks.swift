extension PullRequestView {
  mutating func noteChecksStarted(_ checked: CommitPair, at now: Int) {
    guard checked == pair else { return }
    pauseWait(at: now)
    setEvidence(nil, [])
    awaitChecks(since: now)
  }

  /// There is another pair to wait for, or checks begin anew: what was waited counts on.
  mutating func pauseWait(at now: Int) {
    pendingPair = nil
    pendingTime.pause(at: now)
    heldTime.pause(at: now)
  }

  mutating func noteChecksPassed(_ checked: CommitPair) {
    greenPair = checked
    // Evidence of another pair changes nothing.
    guard checked == pair else { return }
    setEvidence(true, [])
    repairTries = 0
    unmovedRepairs = 0
    obligations.end(.withdrawn("every check passed")) { $0.check != nil }
  }

  mutating func noteFailures(_ checked: CommitPair, _ failures: [FailedCheck], at now: Int) {
    guard checked == pair else { return }
    heldTime.pause(at: now)
    setEvidence(false, failures)
    for failure in failures {
      obligations.raise(Obligation(.check(failure.name), at: pair, since: now))
    }
    let failed = Set(failures.map(\.name))
    obligations.end(.withdrawn("the check passed")) { obligation in
      obligation.check.map { !failed.contains($0) } ?? false
    }
  }

  mutating func noteRerun(_ checked: CommitPair, _ runs: [FailedCheck], at now: Int) {
    guard checked == pair else { return }
    heldTime.pause(at: now)
    reruns += runs.map { CheckRerun(name: $0.name, run: $0.run, pair: checked) }
    setEvidence(nil, [])
    awaitChecks(since: now)
  }

  private mutating func awaitChecks(since now: Int) {
    pendingPair = pair
    pendingTime.begin(at: now)
  }

  private mutating func setEvidence(_ verdict: Bool?, _ failures: [FailedCheck]) {
    checkedHead = head
    checkedBase = targetBase
    checksPassed = verdict
    isUnchecked = false
    failedChecks = failures
    failingCheck = failures.first?.name
    failureLog = failures.first?.log
    pendingPair = nil
    pendingTime.since = nil
    if verdict != nil { pendingTime.before = 0 }
  }
}
