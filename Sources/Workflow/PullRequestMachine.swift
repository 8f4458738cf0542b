/// The life of a pull request: its facts and an event give new facts, and facts give the status.
///
/// ```
/// event                open  behd  rbsg  conf  fail  rprg  gren  appr  mrgg  mrgd  clsd  escd
/// pr.base_moved        behd  behd  rbsg  behd  behd  rprg  behd  behd  behd  –     –     escd
/// pr.branch_moved      open  open  open  open  open  rprg  open  open  open  –     –     open
/// pr.conflicted        conf  conf  conf  conf  conf  rprg  conf  conf  conf  –     –     escd
/// pr.checks_started    open  behd  rbsg  conf  open  rprg  open  open  open  –     –     escd
/// pr.green             gren  gren  rbsg  conf  gren  rprg  gren  appr  mrgg  –     –     escd
/// pr.failing           fail  behd  rbsg  conf  fail  rprg  fail  fail  fail  –     –     escd
/// pr.checks_rerun      open  behd  rbsg  conf  open  rprg  open  open  open  –     –     escd
/// pr.approved          open  behd  rbsg  conf  fail  rprg  appr  appr  mrgg  –     –     escd
/// pr.changes_requested fail  fail  rbsg  conf  fail  rprg  fail  fail  fail  –     –     escd
/// pr.rejected          escd  escd  escd  escd  escd  escd  escd  escd  escd  –     –     escd
/// pr.commented         fail  fail  rbsg  conf  fail  rprg  fail  fail  fail  –     –     escd
/// pr.review_withdrawn  open  behd  rbsg  conf  fail  rprg  gren  gren  gren  –     –     escd
/// pr.review_asked      open  behd  rbsg  conf  fail  rprg  gren  appr  mrgg  –     –     escd
/// pr.rebase_started    –     rbsg  –     rbsg  –     –     –     –     –     –     –     –
/// pr.rebased           open  open  open  open  open  –     open  open  open  –     clsd  escd
/// pr.rebase_failed     –     –     behd  –     –     –     –     –     –     –     clsd  escd
/// pr.repair_started    –     –     –     –     rprg  –     –     –     –     –     –     –
/// pr.repaired          –     –     –     –     –     open  –     –     –     –     –     –
/// pr.repair_failed     –     –     –     –     –     fail  –     –     –     –     –     –
/// pr.merge_started     –     –     –     –     –     –     mrgg  mrgg  –     –     –     –
/// pr.merge_refused     open  behd  rbsg  conf  fail  rprg  gren  appr  gren  –     –     escd
/// pr.held              open  behd  rbsg  conf  fail  rprg  gren  appr  mrgg  –     –     escd
/// pr.released          open  behd  rbsg  conf  fail  rprg  gren  appr  mrgg  –     –     escd
/// pr.merged            mrgd  mrgd  mrgd  mrgd  mrgd  mrgd  mrgd  mrgd  mrgd  –     mrgd  mrgd
/// pr.closed            clsd  clsd  clsd  clsd  clsd  clsd  clsd  clsd  clsd  –     –     clsd
/// pr.reopened          –     –     –     –     –     –     –     –     –     –     open  –
/// pr.escalated         escd  escd  escd  escd  escd  escd  escd  escd  escd  –     –     escd
/// pr.person_asked      –     –     –     –     –     –     –     –     –     –     –     escd
/// pr.answered          –     –     –     –     –     –     –     –     –     –     –     open
/// ```
///
/// `–` is an error that names both. The columns are open, behind, rebasing, conflicted, failing, repairing,
/// green, approved, merging, merged, closed and escalated, each with nothing else known of the pull
/// request. Facts are stored, the status is computed: `PullRequestView.standing` says where the facts
/// put it. A test compares this table, and the one in ARCHITECTURE.md, with the function.
public enum PullRequestMachine {
  /// The pull request after an event at a time (milliseconds since 1970).
  ///
  /// Throws `IllegalPullRequestEvent`, which names status and event; the view is not changed then.
  public static func transition(
    _ view: PullRequestView, on event: PullRequestEvent, at now: Int
  ) throws(IllegalPullRequestEvent) -> PullRequestView {
    if let reason = objection(to: event, view) {
      throw IllegalPullRequestEvent(status: view.status, event: event.kind, reason: reason)
    }
    var next = view
    next.record(event, at: now)
    return next
  }

  /// The pull request after an event, and what it calls for then.
  public static func step(
    _ view: PullRequestView, on event: PullRequestEvent, in situation: PullRequestSituation
  ) throws(IllegalPullRequestEvent) -> (view: PullRequestView, call: PullRequestCall) {
    let next = try transition(view, on: event, at: situation.now)
    return (next, PullRequestCall.of(next, in: situation))
  }

  private static func objection(
    to event: PullRequestEvent, _ view: PullRequestView
  ) -> IllegalPullRequestEvent.Reason? {
    guard takes(event.kind, in: view.status) else { return .status }
    switch event {
    case .rebased(let pair, let token):
      if token != view.activity?.token { return .staleWorker(token: token) }
      return pair.head == view.head ? .nothingMoved : nil
    case .rebaseFailed(let token, _):
      return token == view.activity?.token ? nil : .staleWorker(token: token)
    case .repaired(let token, let head, _):
      if token != view.activity?.token { return .staleWorker(token: token) }
      return head == view.head ? .nothingMoved : nil
    case .repairFailed(let token, _, _):
      return token == view.activity?.token ? nil : .staleWorker(token: token)
    case .rebaseStarted(let token):
      return (token == nil) == (view.status == .behind) ? nil : .status
    case .mergeStarted(let pair):
      if pair != view.pair { return .stalePair }
      return view.isMergeable(pair) ? nil : .notMergeable
    case .baseMoved, .branchMoved, .conflicted, .checksStarted, .checksPassed, .checksFailed,
      .checksRerun, .reviewed, .reviewWithdrawn, .reviewAsked, .repairStarted, .mergeRefused,
      .held, .released, .merged, .closed, .reopened, .escalated, .personAsked, .answered:
      return nil
    }
  }

  /// True if a status takes an event of that name at all.
  private static func takes(_ kind: PullRequestEventKind, in status: PullRequestStatus) -> Bool {
    switch status {
    case .open, .merging: isTakenWhileOpen(kind)
    case .behind, .conflicted: kind == .rebaseStarted || isTakenWhileOpen(kind)
    case .rebasing: kind == .rebaseFailed || isTakenWhileOpen(kind)
    case .failing: kind == .repairStarted || isTakenWhileOpen(kind)
    case .repairing: isTakenWhileRepairing(kind)
    case .green, .approved: kind == .mergeStarted || isTakenWhileOpen(kind)
    case .escalated: isTakenWhileEscalated(kind)
    case .closed: isTakenWhileClosed(kind)
    case .merged: false
    }
  }

  /// What may come at any time: facts of the world, and orch's own rebase of which the answer is late.
  private static func isTakenWhileOpen(_ kind: PullRequestEventKind) -> Bool {
    switch kind {
    case .baseMoved, .branchMoved, .conflicted, .checksStarted, .checksPassed, .checksFailed,
      .checksRerun, .approved, .changesRequested, .rejected, .commented, .reviewWithdrawn,
      .reviewAsked, .rebased, .mergeRefused, .held, .released, .merged, .closed, .escalated:
      true
    case .rebaseStarted, .rebaseFailed, .repairStarted, .repaired, .repairFailed, .mergeStarted,
      .reopened, .personAsked, .answered:
      false
    }
  }

  private static func isTakenWhileRepairing(_ kind: PullRequestEventKind) -> Bool {
    switch kind {
    case .repaired, .repairFailed: true
    case .rebased: false
    case .baseMoved, .branchMoved, .conflicted, .checksStarted, .checksPassed, .checksFailed,
      .checksRerun, .approved, .changesRequested, .rejected, .commented, .reviewWithdrawn,
      .reviewAsked, .rebaseStarted, .rebaseFailed, .repairStarted, .mergeStarted, .mergeRefused,
      .held, .released, .merged, .closed, .reopened, .escalated, .personAsked, .answered:
      isTakenWhileOpen(kind)
    }
  }

  /// A worker that was at work when it was closed may still end.
  private static func isTakenWhileClosed(_ kind: PullRequestEventKind) -> Bool {
    switch kind {
    case .reopened, .merged, .rebased, .rebaseFailed, .repaired, .repairFailed: true
    case .baseMoved, .branchMoved, .conflicted, .checksStarted, .checksPassed, .checksFailed,
      .checksRerun, .approved, .changesRequested, .rejected, .commented, .reviewWithdrawn,
      .reviewAsked, .rebaseStarted, .repairStarted, .mergeStarted, .mergeRefused, .held, .released,
      .closed, .escalated, .personAsked, .answered:
      false
    }
  }

  /// A worker that was at work when the person was asked may still end.
  private static func isTakenWhileEscalated(_ kind: PullRequestEventKind) -> Bool {
    switch kind {
    case .personAsked, .answered, .rebaseFailed, .repaired, .repairFailed: true
    case .baseMoved, .branchMoved, .conflicted, .checksStarted, .checksPassed, .checksFailed,
      .checksRerun, .approved, .changesRequested, .rejected, .commented, .reviewWithdrawn,
      .reviewAsked, .rebaseStarted, .rebased, .repairStarted, .mergeStarted, .mergeRefused,
      .held, .released, .merged, .closed, .reopened, .escalated:
      isTakenWhileOpen(kind)
    }
  }
}
