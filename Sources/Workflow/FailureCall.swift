/// What failing checks and open reviews call for.
///
/// The base's own failures are waited for, runs in doubt are asked for once more, a check that passes and
/// fails on one commit is a person's matter, and only the rest is given to a worker.
struct FailureCall {
  let view: PullRequestView
  let situation: PullRequestSituation

  var call: PullRequestCall {
    let limits = situation.rules.limits
    let failures = view.openFailures
    let own = failures.filter { !isOnBase($0, situation.failingOnBase) }
    let undecided = own.filter { isOnBase($0, situation.pendingOnBase) }
    if !undecided.isEmpty { return .wait(.baseVerdict(checks: undecided.compactMap(\.check))) }
    let doubtful = own.compactMap(runInDoubt)
    if !doubtful.isEmpty { return .act(.rerun(view.pair, doubtful)) }
    let isFlaky = view.greenPair == view.pair
    let told = view.obligations.openReviews + (isFlaky ? [] : own)
    if told.isEmpty {
      if !own.isEmpty { return .ask(flakyQuestion(own)) }
      return .wait(.base(checks: failures.compactMap(\.check)))
    }
    guard view.unmovedRepairs < limits.maxUnmovedRepairs else {
      return .ask(unmovedQuestion(told))
    }
    guard view.repairTries < limits.maxRepairTries else { return .ask(repairQuestion(told)) }
    return .act(.repair(view.pair, obligations: told.map(\.id)))
  }

  private func isOnBase(_ obligation: Obligation, _ names: Set<String>) -> Bool {
    obligation.check.map(names.contains) ?? false
  }

  /// The run of a failing check that may be asked for once more.
  private func runInDoubt(_ obligation: Obligation) -> FailedCheck? {
    let asked = view.reruns.count { $0.name == obligation.check && $0.pair == view.pair }
    guard asked < situation.rules.limits.maxCheckReruns else { return nil }
    return view.failedChecks.first { $0.name == obligation.check }
  }

  private func flakyQuestion(_ own: [Obligation]) -> Question {
    let names = own.compactMap(\.check).map { "'\($0)'" }.joined(separator: ", ")
    return Question(.flaky, "\(names) passes and fails on the same commit: is the failure real?")
  }

  /// What the last worker answered, for a person to say whether it is right.
  private func unmovedQuestion(_ told: [Obligation]) -> Question {
    let workers = PullRequestCall.count(view.unmovedRepairs)
    return Question(
      .repair,
      "\(workers) changed nothing for \(names(of: told)) and said: \(view.lastFailure ?? "nothing"); is that so?"
    )
  }

  private func repairQuestion(_ told: [Obligation]) -> Question {
    let tries = PullRequestCall.count(situation.rules.limits.maxRepairTries)
    return Question(
      .repair, "\(tries) could not answer \(names(of: told)): what should be done?")
  }

  private func names(of told: [Obligation]) -> String {
    told.map { obligation in
      obligation.check.map { "'\($0)'" } ?? "the review of \(obligation.reviewer ?? "someone")"
    }.joined(separator: ", ")
  }
}
