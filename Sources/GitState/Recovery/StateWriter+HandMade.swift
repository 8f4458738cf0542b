internal import Git2

/// What somebody has put on top of the state with plain git.
extension StateWriter {
  /// Where the reference stands, and where orch had left it last.
  struct HandMade {
    let tip: ObjectID
    let before: ObjectID
  }

  /// A state that a person has moved with plain git; nil if orch was the last, or that cannot be told.
  ///
  /// The reference's log names orch's moves. What other machines push here, or what was fetched into its place, is not
  /// this machine's to put right: their own sync is asked to.
  static func handMade(in repository: borrowing Repository) -> HandMade? {
    guard let tip = try? repository.reference(RefLayout.state) else { return nil }
    let recovery = StateRecovery(
      commonDirectory: repository.commonDirectory, isMending: false, known: nil)
    let moves = recovery.lastMoves(of: RefLayout.state, since: isOwn)
    // A move that never came about, or was never written down, says nothing.
    guard moves.last?.new == tip, let before = moves.first?.old, before != tip,
      !moves.contains(where: { $0.reason.hasPrefix("push") || $0.reason.hasPrefix("fetch") }),
      StateRecovery.isState(before, in: repository)
    else { return nil }
    return HandMade(tip: tip, before: before)
  }

  /// True for a move of orch's own; what recovery found in place of a hand-made state is no better than that.
  private static func isOwn(_ reason: Substring) -> Bool {
    reason.hasPrefix("orch")
      && (!reason.hasPrefix("orch: recovery") || reason == StateRecovery.givenUpReason)
  }

  /// Believes what was made by hand no more than what another machine sends: what follows from events is made anew,
  /// what is gone is there again, what breaks a rule is kept out, and the rest is taken.
  ///
  /// The caller holds the writers' lock. Returns nil if all of it can stay as it is, or somebody was faster; a state
  /// that cannot be looked at, or is not this version's to write, stays as it is, too.
  func putRight(
    _ found: HandMade, in repository: borrowing Repository
  ) -> StateRecovery.Finding? {
    do throws(StateError) {
      let ours = try StateJoin.Side(found.before, in: repository)
      let theirs = try StateJoin.Side(found.tip, in: repository)
      let (own, new) = (
        try StateFormat(of: ours.tree, in: repository),
        try StateFormat(of: theirs.tree, in: repository)
      )
      guard new == nil || own?.epoch == new?.epoch else { return nil }
      try own?.requireWriter()
      try new?.requireWriter()
      let validator = try StateValidator(
        theirs.tree, against: ours.tree, limits: .adoption, now: clock(), in: repository)
      let relation = try StateJoin.relation(found.before, found.tip, in: repository)
      let join = try StateJoin(
        ours, theirs, relation: relation.kind, leavingOut: validator.quarantine, host: host,
        on: PackWriter(), in: repository)
      guard join.outcome != .fastForward,
        try publish(join.pack, moving: found.tip, to: join.tip, in: repository)
      else { return nil }
      return finding(found, join, validator)
    } catch {
      return nil
    }
  }

  private func finding(
    _ found: HandMade, _ join: StateJoin, _ validator: StateValidator
  ) -> StateRecovery.Finding {
    let what =
      join.findings.edited.first.map { "the file of task \($0.id.short) was edited" }
      ?? validator.findings.first.map { "'\($0.path)' breaks a rule (\($0.reason))" }
      ?? "something was removed or rewritten"
    return StateRecovery.Finding(
      text: "refs/orch/state was changed by hand in \(found.tip.short()): \(what)",
      remedy: "nothing of what was there is lost; 'orch task edit' changes a task", isMended: true)
  }
}
