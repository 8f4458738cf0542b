internal import Git2
internal import GitCLI
internal import GitState
internal import Workflow

/// Checkpoints: what of them a remote gets, and what it was relieved of.
extension StateSync {
  /// After how many refusals in a row the others are taken for refused, too.
  private static let maximumRefusals = 8

  /// Pushes the checkpoints that the remote does not have yet; what it refuses, or what cannot be brought there, is
  /// reported, and holds nothing else up.
  ///
  /// `heads` is what the remote shows, its state and all below `prefix` included. With `mustArrive`, what the remote
  /// does not refuse and what does not get there is an error.
  func pushCheckpoints(
    _ heads: [String: String], below prefix: String = RefLayout.workInProgress,
    mustArrive: Bool = false, _ report: inout SyncReport
  ) async throws {
    let unpushed = try await unpushedCheckpoints(heads, below: prefix)
    let waiting = try await withoutOthers(unpushed, heads, &report)
      .filter { !declined.contains($0.key, $0.value) }
    // In any order: what is refused for ever hides nothing for long.
    let own = Dictionary(
      uniqueKeysWithValues: waiting.shuffled().prefix(Self.maximumPushedReferences).map { ($0, $1) }
    )
    do throws(GitCommandError) {
      var refused = try await send(own, heads, &report)
      // One that the server does not want takes all along that came with it; one that wants none is not asked about each.
      var inARow = 0
      for name in refused.keys where own.count > 1 && inARow < Self.maximumRefusals {
        guard let value = own[name] else { continue }
        refused[name] = try await send([name: value], heads, &report)[name]
        inARow = refused[name] == nil ? 0 : inARow + 1
      }
      for (name, reason) in refused {
        if let value = own[name] { declined.note(name, value) }
        report.keptHere[name] = reason
      }
    } catch {
      if mustArrive { throw error }
      for name in own.keys where !report.pushed.contains(name) {
        report.keptHere[name] = FailureText.sentence(error)
      }
    }
  }

  /// Those of some checkpoints that may go over what the remote has in their place; the others stay here, and are
  /// reported.
  ///
  /// What this machine has kept under a name is in the history of what it keeps there later; where it is not, the remote
  /// must have what was last pushed from here. Else two machines would put their own over the other's in turn, for ever.
  private func withoutOthers(
    _ own: [String: ObjectID], _ heads: [String: String], _ report: inout SyncReport
  ) async throws -> [String: ObjectID] {
    var free = own
    for (name, value) in own {
      guard let there = heads[name] else { continue }
      if let old = ObjectID(hex: there), try await isContained(old, in: value) { continue }
      let tracking = Self.tracked(name, of: remote)
      let seen = try await references([tracking])[tracking]
      let isOwn = try await isOwn(name)
      // What is here, too, was pushed from here, and only the reply was lost.
      let isHere = try await isHere(there)
      if isOwn, seen?.hex == there || isHere { continue }
      free[name] = nil
      // A copy of a clone has what the machine that it was copied from goes on with.
      if isOwn || seen != value { report.keptHere[name] = "another machine has put its own there" }
    }
    return free
  }

  /// True if this repository has an object of the remote's.
  func isHere(_ hex: String) async throws -> Bool {
    guard let id = ObjectID(hex: hex) else { return false }
    return try await state.withRepository { $0.contains(id) }
  }

  /// True for the checkpoint of an attempt that this machine has begun under the name that it has now.
  private func isOwn(_ name: String) async throws -> Bool {
    let words = name.dropFirst(RefLayout.workInProgress.count).split(separator: "/")
    guard words.count == 2, let id = RecordID(words[0]), let token = Int(words[1]) else {
      return false
    }
    let host = state.host
    return try await state.read { reader, repository in
      guard let record = try reader.record(RecordKey(.tasks, id), in: repository) else {
        return false
      }
      return TaskView(record).attempts.contains { $0.token == token && $0.host == host }
    }
  }

  /// Pushes checkpoints together; returns those that the remote refused, with its words.
  private func send(
    _ own: [String: ObjectID], _ heads: [String: String], _ report: inout SyncReport
  ) async throws(GitCommandError) -> [String: String] {
    let outcomes = try await push(own, over: heads, pushingCheckpoints, &report)
    return outcomes.compactMapValues { outcome in
      if case .rejected(let text) = outcome { text } else { nil }
    }
  }

  /// The checkpoints of this machine that the remote does not have yet, as they may go out.
  ///
  /// One that the remote had and has no more, of a task that is over, has expired: upkeep, of whichever machine,
  /// removed it there, and it is not brought back. A remote without a state has lost everything and gets all.
  /// `heads` is what the remote shows, its state and all below `prefix` included.
  func unpushedCheckpoints(
    _ heads: [String: String], below prefix: String = RefLayout.workInProgress
  ) async throws -> [String: ObjectID] {
    let tracking = Self.tracked(prefix, of: remote)
    let (own, seen) = try await state.withRepository { repository in
      try repository.refreshObjects()
      return (
        try repository.references(prefix: prefix), try repository.references(prefix: tracking)
      )
    }
    let gone = own.keys.filter { name in
      heads[name] == nil && heads[RefLayout.state] != nil
        && seen[Self.tracked(name, of: remote)] != nil
    }
    let expired = try await checkpointsOfEndedTasks(gone)
    let published = try await publishedCommits()
    var unpushed: [String: ObjectID] = [:]
    for (name, kept) in own where !expired.contains(name) {
      if heads[name] == kept.hex {
        await noteCheckpoint(kept, name, seen)
      } else if await isHeldBack(kept, notIn: published + seen.values) {
        continue
      } else if let value = try? await outgoing.commit(for: kept) {
        // What cannot be read does not go out.
        if heads[name] == value.hex {
          await noteCheckpoint(value, name, seen)
        } else {
          unpushed[name] = value
        }
      }
    }
    return unpushed
  }

  /// True if a checkpoint waits for what a person says of the commits below it, or cannot be read.
  private func isHeldBack(_ kept: ObjectID, notIn published: [ObjectID]) async -> Bool {
    guard let allowed = allowedSecretPaths else { return false }
    let isHeld = try? await outgoing.isHeldBack(kept, notIn: published, allowing: allowed)
    return isHeld ?? true
  }

  /// Commits that branches of remotes led to when they were last seen.
  private func publishedCommits() async throws -> [ObjectID] {
    try await state.withRepository { repository in
      Array(try repository.references(prefix: "refs/remotes/").values)
    }
  }

  /// Remembers that the remote has a checkpoint, so that its removal there is seen.
  private func noteCheckpoint(
    _ id: ObjectID, _ name: String, _ seen: [String: ObjectID]
  ) async {
    guard seen[Self.tracked(name, of: remote)] != id else { return }
    await noteRemote(id, of: name)
  }

  /// Those of some checkpoints whose tasks are over.
  private func checkpointsOfEndedTasks(_ names: [String]) async throws -> Set<String> {
    guard !names.isEmpty else { return [] }
    let tasks = names.reduce(into: [RecordID: [String]]()) { tasks, name in
      let id = name.dropFirst(RefLayout.workInProgress.count).prefix { $0 != "/" }
      if let id = RecordID(id) { tasks[id, default: []].append(name) }
    }
    return try await state.read { reader, repository in
      var result: Set<String> = []
      for (id, names) in tasks {
        guard let record = try reader.record(RecordKey(.tasks, id), in: repository),
          TaskView(record).status.isTerminal
        else { continue }
        result.formUnion(names)
      }
      return result
    }
  }
}
