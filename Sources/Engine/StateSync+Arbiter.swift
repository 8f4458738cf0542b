internal import Git2
internal import GitCLI
internal import GitState

/// Why a sync did not come to its end.
public enum SyncError: Error, Sendable, Hashable {
  /// The remote does not take the state; the detail is its own words.
  case refusedByRemote(remote: String, detail: String)
  /// The remote's state belongs to another project.
  case otherProject(remote: String)
  /// The remote does not keep the claims of this state.
  case notTheArbiter(remote: String)
}

extension StateSync {
  /// Refuses a remote whose state belongs to another project, before anything of it is fetched.
  func refuseOthers(_ heads: [String: String]) async throws {
    guard let there = heads[RefLayout.arbiter], let own = try? await state.arbiter() else { return }
    if own.id.hex != there { throw SyncError.otherProject(remote: remote) }
  }

  /// Makes state and remote agree on which remote keeps the claims; false if another machine was faster.
  ///
  /// The first remote that a state is synced with is chosen. Others, such as backups, stay without a mark.
  func mark(_ heads: [String: String]) async throws -> Bool {
    if let there = heads[RefLayout.arbiter] {
      if try await state.arbiter() == nil { try await adoptMark(there) }
      return true
    }
    guard try await state.arbiter() == nil else { return true }
    var random = SystemRandomNumberGenerator()
    let mark = ArbiterMark(using: &random)
    guard try await push(mark) else { return false }
    try await state.elect(mark)
    return true
  }

  /// Makes this remote the one that keeps the claims from now on, by a person's choice.
  public func elect() async throws {
    guard let mark = try await state.arbiter() else { return }
    let there = try await git.advertisedReferences(
      remote: remote, patterns: [RefLayout.arbiter])[RefLayout.arbiter]
    if there == mark.id.hex { return }
    guard there == nil, try await push(mark) else {
      throw SyncError.otherProject(remote: remote)
    }
  }

  private func push(_ mark: ArbiterMark) async throws -> Bool {
    let bytes = mark.commit
    let id = try await state.withRepository { repository in
      _ = try repository.write([], .tree)
      return try repository.write(bytes, .commit)
    }
    let outcomes = try await git.push(
      remote: remote, [PushUpdate(id.hex, to: RefLayout.arbiter, expecting: .absent)])
    guard case .rejected(let text) = outcomes[RefLayout.arbiter] else { return true }
    let there = try await git.advertisedReferences(remote: remote, patterns: [RefLayout.arbiter])
    if there.isEmpty { throw SyncError.refusedByRemote(remote: remote, detail: text) }
    return false
  }

  /// The largest mark that is read, in bytes.
  private static let maximumMarkBytes = 4096

  /// Takes the mark of a remote over whose state does not say it: its maker was cut off.
  private func adoptMark(_ there: String) async throws {
    let tracking = Self.tracked(RefLayout.arbiter, of: remote)
    try await git.fetch(
      remote: remote, refspecs: ["+\(RefLayout.arbiter):\(tracking)"], checkingObjects: true)
    let found = try await state.withRepository { repository -> ArbiterMark? in
      try repository.refreshObjects()
      guard let id = try repository.reference(tracking), let header = try repository.header(of: id),
        header.kind == .commit, header.size <= Self.maximumMarkBytes
      else { return nil }
      return ArbiterMark(commit: try repository.bytes(of: id, .commit))
    }
    guard let found, found.id.hex == there else { return }
    try await state.elect(found)
  }
}
