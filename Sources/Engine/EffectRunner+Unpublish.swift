internal import Git2
internal import GitCLI
internal import Workflow

extension EffectRunner {
  /// How often a remote is asked to delete a branch that it does not let go.
  private static let maximumDeletions = 5

  /// Deletes the branch of a task that is merged at the remote; returns why it stays there, nil if it is gone.
  ///
  /// A remote may refuse for an instant, as while another push or its own upkeep holds `packed-refs.lock`, or
  /// for good, as with `receive.denyDeletes`. What somebody pushed there after the merge is theirs.
  func unpublish(_ task: TaskView) async throws -> String? {
    guard let request = task.pullRequest else { return nil }
    let name = "refs/heads/" + task.remoteBranch
    var head = request.head
    for number in 1...Self.maximumDeletions {
      let deletion = PushUpdate(nil, to: name, expecting: .object(head))
      guard case .rejected(let why)? = try await push([deletion], for: task.id)[name] else {
        return nil
      }
      let there = try await network.run {
        try await git.advertisedReferences(remote: options.remote, patterns: [name])[name]
      }
      guard let there else { return nil }
      if there != head {
        guard try await isOfMerge(there, task) else {
          return "'\(task.remoteBranch)' stays at the remote: it was pushed to after its merge"
        }
        head = there
        continue
      }
      if number == Self.maximumDeletions {
        return "the remote does not let '\(task.remoteBranch)' be deleted: \(why)"
      }
      try await Task.sleep(for: .milliseconds(Int.random(in: 50...200) << number))
    }
    return nil
  }

  /// True if a branch's head is in its base, or is what another machine made of the recorded one: that died after its
  /// last rebase and merge, and before it could say so.
  private func isOfMerge(_ there: String, _ task: TaskView) async throws -> Bool {
    guard let found = ObjectID(hex: there), let base = task.base else { return false }
    let baseHead = try await network.run { try await self.fetchBranch(base) }
    if try await isContained(found, in: baseHead) { return true }
    guard let head = task.pullRequest.flatMap({ ObjectID(hex: $0.head) }) else { return false }
    return try await isUnrecordedRebase(found, of: head, task, baseHead: baseHead)
  }
}
