/// What a pull request calls for where it stands: one thing to do, to wait for, or to ask.
///
/// The answer depends on facts alone, so it is the same before and after a crash.
public enum PullRequestCall: Sendable, Hashable {
  /// To be done now.
  case act(PullRequestEffect)
  /// Nothing to do before something else happens.
  case wait(PullRequestWait)
  /// Nothing more by itself: a person must be asked.
  case ask(Question)
  /// Over.
  case rest

  /// What a pull request calls for.
  public static func of(
    _ view: PullRequestView, in situation: PullRequestSituation
  ) -> PullRequestCall {
    let limits = situation.rules.limits
    switch view.status {
    case .open: return checks(view, situation)
    case .behind: return situation.hasTurn ? .act(.rebase(view.pair)) : .wait(.turn)
    case .rebasing, .repairing:
      return view.activity?.token.map { .wait(.worker(token: $0)) } ?? .act(.rebase(view.pair))
    case .conflicted:
      guard view.rebaseTries >= limits.maxRebaseTries else {
        return .act(.settleConflict(view.pair, files: view.conflictFiles))
      }
      let files = view.conflictFiles.joined(separator: ", ")
      return .ask(
        Question(
          .conflict,
          "\(Self.count(limits.maxRebaseTries)) could not settle the conflict with the base in "
            + "\(files): which side should win?"))
    case .failing: return FailureCall(view: view, situation: situation).call
    case .green, .approved, .merging: return MergeCall(view: view, situation: situation).call
    case .merged, .closed: return .rest
    case .escalated:
      guard let question = view.question, !question.isDelivered else {
        return .wait(.person(view.question?.text ?? "a person must decide"))
      }
      return .act(.askPerson(question))
    }
  }

  private static func checks(
    _ view: PullRequestView, _ situation: PullRequestSituation
  ) -> PullRequestCall {
    if situation.rules.runsChecks {
      // Each merge moves the base for all others: only the next in turn is checked.
      return situation.hasTurn ? .act(.runChecks(view.pair)) : .wait(.turn)
    }
    let patience = situation.rules.limits.patienceMilliseconds
    guard view.pendingPair == view.pair, view.pendingTime.total(at: situation.now) > patience else {
      return .wait(.checks)
    }
    let missing = situation.missingChecks.map { "'\($0)'" }.joined(separator: ", ")
    let text =
      missing.isEmpty
      ? "its checks have not ended within \(duration(patience)): should it wait on?"
      : "\(missing) is required and has not begun within \(duration(patience)): is there such a check?"
    return .ask(Question(.checksNeverEnded, text))
  }

  /// "40 seconds", "360 minutes".
  static func duration(_ milliseconds: Int) -> String {
    milliseconds < 120_000 ? "\(milliseconds / 1000) seconds" : "\(milliseconds / 60_000) minutes"
  }

  /// "1 worker", "2 workers".
  static func count(_ workers: Int) -> String { workers == 1 ? "1 worker" : "\(workers) workers" }
}
