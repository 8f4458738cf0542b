internal import Git2
internal import GitState

extension EffectRunner {
  /// Writes notes; where their reference holds no notes, nothing is written and nothing fails.
  ///
  /// Provenance is worth less than the work: `orch doctor` says what is wrong with the reference and mends it.
  func noting(
    _ work: @Sendable (borrowing Repository) throws(GitError) -> Void
  ) async throws {
    try await code.run { repository throws(GitError) in
      try repository.refreshObjects()
      do throws(GitError) {
        try work(repository)
      } catch {
        guard let tip = try repository.reference(RefLayout.notes),
          try Notes.problem(with: tip, in: repository) != nil
        else { throw error }
      }
    }
  }
}
