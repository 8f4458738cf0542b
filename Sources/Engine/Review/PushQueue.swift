internal import GitCLI

/// Pushes of branches: those that are asked for while one is under way go together in the next.
///
/// A base that moves makes many branches move at once; each connection costs more than all their commits.
actor PushQueue {
  /// The most references of one push.
  static let maximumUpdates = 200

  private typealias Answer = Result<PushOutcome, GitCommandError>

  private var waiting: [(update: PushUpdate, answer: CheckedContinuation<Answer, Never>)] = []
  private var isPushing = false

  /// Pushes one reference by compare-and-swap, with whatever else is waiting; a refusal is an outcome.
  func push(
    _ update: PushUpdate,
    through push:
      @escaping @Sendable ([PushUpdate]) async -> Result<
        [String: PushOutcome], GitCommandError
      >
  ) async throws(GitCommandError) -> PushOutcome {
    let answer: Answer = await withCheckedContinuation { continuation in
      waiting.append((update, continuation))
      if !isPushing {
        isPushing = true
        Task { await self.drain(push) }
      }
    }
    return try answer.get()
  }

  private func drain(
    _ push: @Sendable ([PushUpdate]) async -> Result<[String: PushOutcome], GitCommandError>
  ) async {
    while !waiting.isEmpty {
      let batch = Array(waiting.prefix(Self.maximumUpdates))
      waiting.removeFirst(batch.count)
      let result = await push(batch.map(\.update))
      for item in batch {
        item.answer.resume(
          returning: result.map { $0[item.update.destination] ?? .rejected("it was not named") })
      }
    }
    isPushing = false
  }
}
