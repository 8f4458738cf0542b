internal import Git2

extension StateWriter {
  /// Joins a fetched commit into the state under the writers' lock, durably.
  func join(
    _ theirs: ObjectID, limits: ValidationLimits?, in repository: borrowing Repository
  ) throws(StateError) -> JoinReport {
    let lock = try FileLock(path: folder.writerLock)
    let report = try untilDone(in: repository) { repository throws(StateError) in
      try self.joinOnce(theirs, limits: limits, in: repository)
    }
    _ = try? PackConsolidator.consolidate(repository.commonDirectory + "/objects")
    lock.release()
    return report
  }

  /// One try; nil if the reference was moved or locked by someone else.
  private func joinOnce(
    _ theirs: ObjectID, limits: ValidationLimits?, in repository: borrowing Repository
  ) throws(StateError) -> JoinReport? {
    let tip = try StateReader.tip(in: repository)
    let limits = limits ?? (tip == nil ? .adoption : .sync)
    var pack = PackWriter()
    let ours: StateJoin.Side
    if let tip {
      ours = try StateJoin.Side(tip, in: repository)
    } else {
      ours = try StateJoin.Side.genesis(in: &pack)
    }
    let other = try fetched(theirs, in: repository)
    let relation = try StateJoin.relation(ours.id, theirs, in: repository)
    _ = try IncomingVolume(theirs, notIn: tip, limits: limits, in: repository)
    let validator = try StateValidator(
      other.tree, against: ours.tree, limits: limits, now: clock(), in: repository)
    let isReadable = !validator.quarantine.keepsOut("meta/format.json")
    let format = isReadable ? try StateFormat(of: other.tree, in: repository) : nil
    try refuseStrangers(format, ours, relation, isFirst: tip == nil, in: repository)
    let join = try StateJoin(
      ours, other, relation: relation.kind, leavingOut: validator.quarantine, host: host, on: pack,
      in: repository)
    if join.outcome == .merged {
      let objects = JoinObjects(pack: join.pack)
      try StateFormat(of: join.tree, objects, in: repository)?.requireWriter()
    }
    guard try move(from: tip, to: join, in: repository) else { return nil }
    return report(join, validator, from: tip, relation)
  }

  /// Moves the reference to what was joined; false if someone else was first.
  private func move(
    from tip: ObjectID?, to join: StateJoin, in repository: borrowing Repository
  ) throws(StateError) -> Bool {
    if join.outcome == .unchanged, tip != nil { return true }
    if tip == nil {
      // Before the reference exists, so that its first entry is written too.
      do throws(GitError) { try repository.ensureReferenceLog(RefLayout.state) } catch {
        throw .git(error)
      }
    }
    let pack = join.outcome == .merged ? join.pack : PackWriter()
    guard try publish(pack, moving: tip, to: join.tip, in: repository) else { return false }
    if tip == nil { try Alias.ensure(in: repository) }
    return true
  }

  /// The fetched commit; throws `StateError.refused` if it is something else.
  private func fetched(
    _ id: ObjectID, in repository: borrowing Repository
  ) throws(StateError) -> StateJoin.Side {
    let kind: ObjectKind?
    do throws(GitError) { kind = try repository.header(of: id)?.kind } catch {
      throw .damaged(error)
    }
    if let kind, kind != .commit {
      throw .refused(.notAState(reason: "it is a \(kind.name)"))
    }
    return try StateJoin.Side(id, in: repository)
  }

  /// Refuses commits that are no state, and states that were compacted more or less often than ours.
  private func refuseStrangers(
    _ format: StateFormat?, _ ours: StateJoin.Side, _ relation: StateJoin.Ancestry,
    isFirst: Bool, in repository: borrowing Repository
  ) throws(StateError) {
    guard let format else {
      // A relative whose format file was damaged is still a state: the join keeps ours.
      if relation.sharesHistory { return }
      throw .refused(.notAState(reason: "it has no meta/format.json"))
    }
    guard !isFirst, let own = try StateFormat(of: ours.tree, in: repository),
      own.epoch != format.epoch
    else { return }
    throw .refused(.differentEpoch(ours: own.epoch, theirs: format.epoch))
  }

  private func report(
    _ join: StateJoin, _ validator: StateValidator, from tip: ObjectID?,
    _ relation: StateJoin.Ancestry
  ) -> JoinReport {
    let outcome: JoinReport.Outcome =
      switch join.outcome {
      case .unchanged: .unchanged
      case .fastForward: tip == nil ? .adopted : .fastForwarded
      case .merged: tip == nil ? .adopted : .merged
      }
    let found = join.findings
    let changed = found.changed.sorted {
      ($0.collection.rawValue, $0.id) < ($1.collection.rawValue, $1.id)
    }
    return JoinReport(
      outcome: outcome, previous: tip, tip: join.tip, sharesHistory: relation.sharesHistory,
      containsFetched: join.contains(relation.kind, isTainted: validator.quarantine.isTainted),
      isTainted: validator.quarantine.isTainted,
      changed: changed, edited: found.edited, conflicts: found.conflicts, forks: found.forks,
      isHostShared: found.isHostShared, findings: validator.findings, skews: validator.skews)
  }
}
