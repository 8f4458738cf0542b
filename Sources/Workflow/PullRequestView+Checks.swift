extension PullRequestView {
  mutating func noteChecksStarted(_ checked: CommitPair, at now: Int) {
    guard checked == pair else { return }
    pauseWait(at: now)
    setEvidence(nil, [])
    awaitChecks(since: now)
  }

  /// How long checks of this work have been waited for without an end, in milliseconds.
  func waited(at now: Int) -> Int { pendingBefore + max(0, now - (pendingSince ?? now)) }

  /// The pair whose checks are waited for is none any more: what was waited counts on.
  mutating func pauseWait(at now: Int) {
    pendingBefore = waited(at: now)
    pendingPair = nil
    pendingSince = nil
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
    reruns += runs.map { CheckRerun(name: $0.name, run: $0.run, pair: checked) }
    setEvidence(nil, [])
    awaitChecks(since: now)
  }

  private mutating func awaitChecks(since now: Int) {
    pendingPair = pair
    pendingSince = now
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
    pendingSince = nil
    if verdict != nil { pendingBefore = 0 }
  }
}
