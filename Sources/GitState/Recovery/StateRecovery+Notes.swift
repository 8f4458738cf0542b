internal import Git2

extension StateRecovery {
  /// Puts notes aside that are none: nothing can be added to them, and every sync would fail on them.
  mutating func mendNotes(in repository: borrowing Repository) throws(StateError) {
    do throws(GitError) {
      guard let tip = try repository.reference(RefLayout.notes),
        let problem = try Notes.problem(with: tip, in: repository)
      else { return }
      let text = "\(RefLayout.notes) holds no notes: \(problem)"
      let remedy = "kept as \(RefLayout.brokenNotes), so that notes begin anew"
      if isMending {
        try repository.setReference(
          RefLayout.brokenNotes, to: tip, expecting: repository.reference(RefLayout.brokenNotes),
          log: "orch: recovery")
        try repository.removeReference(RefLayout.notes, expecting: tip)
      }
      add(text, remedy, isMended: isMending)
    } catch {
      throw .git(error)
    }
  }
}
