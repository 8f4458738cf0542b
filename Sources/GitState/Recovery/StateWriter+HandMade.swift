internal import Git2

/// What somebody has put on top of the state with plain git.
extension StateWriter {
  /// Where the reference stands, and where orch had left it last.
  struct HandMade {
    let tip: ObjectID
    let before: ObjectID
  }

  /// A state that was moved by something else than orch; nil if orch itself was the last, or that cannot be told.
  ///
  /// orch's moves are named in the reference's log.
  static func handMade(
    in repository: borrowing Repository
  ) -> HandMade? {
    guard let tip = try? repository.reference(RefLayout.state) else { return nil }
    let recovery = StateRecovery(
      commonDirectory: repository.commonDirectory, isMending: false, known: nil)
    let own = recovery.lastMove(of: RefLayout.state) { $0.hasPrefix("orch") }
    guard let before = own, before != tip, StateRecovery.isState(before, in: repository) else {
      return nil
    }
    return HandMade(tip: tip, before: before)
  }

  /// Believes what was made by hand no more than what another machine sends: what follows from events is made anew,
  /// what is gone is there again, what breaks a rule is kept out, and the rest is taken.
  ///
  /// The caller holds the writers' lock. Returns nil if all of it can stay as it is, or somebody was faster.
  func putRight(
    _ found: HandMade, in repository: borrowing Repository
  ) throws(StateError) -> StateRecovery.Finding? {
    let ours = try StateJoin.Side(found.before, in: repository)
    let theirs = try StateJoin.Side(found.tip, in: repository)
    let validator = try StateValidator(
      theirs.tree, against: ours.tree, limits: .adoption, now: clock(), in: repository)
    let relation = try StateJoin.relation(found.before, found.tip, in: repository)
    let join = try StateJoin(
      ours, theirs, relation: relation.kind, leavingOut: validator.quarantine, host: host,
      on: PackWriter(), in: repository)
    guard join.outcome != .fastForward,
      try publish(join.pack, moving: found.tip, to: join.tip, in: repository)
    else { return nil }
    let what =
      join.findings.edited.first.map { "the file of task \($0.id.short) was edited" }
      ?? validator.findings.first.map { "'\($0.path)' breaks a rule (\($0.reason))" }
      ?? "something was removed"
    return StateRecovery.Finding(
      text: "refs/orch/state was changed by hand in \(found.tip.short()): \(what)",
      remedy: "it is again as the events say; 'orch task edit' changes a task", isMended: true)
  }
}
