public import Git2

extension StateRecovery {
  /// Puts notes aside that are none: nothing can be added to them, and every sync would fail on them.
  ///
  /// The newest that the reference's log knows and that are sound take their place.
  mutating func mendNotes(in repository: borrowing Repository) throws(StateError) {
    do throws(GitError) {
      guard let tip = try repository.reference(RefLayout.notes),
        let problem = try Self.problem(withNotes: tip, wholly: true, in: repository)
      else { return }
      let text = "\(RefLayout.notes) holds no notes: \(problem)"
      let sound = soundNotes(in: repository)
      let end = sound.map { "\($0.short()) takes its place" } ?? "notes begin anew"
      let remedy = "kept as \(RefLayout.brokenNotes), so that \(end)"
      if isMending { try Self.replaceNotes(tip, by: sound, in: repository) }
      add(text, remedy, isMended: isMending)
    } catch {
      throw .git(error)
    }
  }

  /// Keeps what stands in the place of the notes aside, and puts sound notes, or nothing, there.
  ///
  /// Throws `GitError` with code `.modified` if somebody was faster.
  public static func replaceNotes(
    _ tip: ObjectID?, by sound: ObjectID?, in repository: borrowing Repository
  ) throws(GitError) {
    if let tip {
      try repository.setReference(
        RefLayout.brokenNotes, to: tip, expecting: repository.reference(RefLayout.brokenNotes),
        log: "orch: recovery")
    }
    if let sound {
      try repository.setReference(
        RefLayout.notes, to: sound, expecting: tip, log: "orch: recovery")
    } else if let tip {
      try repository.removeReference(RefLayout.notes, expecting: tip)
    }
  }

  /// The newest notes of the reference's log that are sound; nil if it knows none.
  private func soundNotes(in repository: borrowing Repository) -> ObjectID? {
    logged(RefLayout.notes).first { id in
      do throws(GitError) {
        return try Self.problem(withNotes: id, wholly: true, in: repository) == nil
      } catch {
        return false
      }
    }
  }

  /// What is wrong with a commit of notes; nil if nothing is.
  ///
  /// Notes that a remote had, and that this commit was made from, are all in it; unless it is looked at `wholly`,
  /// what is in those is passed over. Throws `GitError` if objects are missing.
  public static func problem(
    withNotes tip: ObjectID, wholly: Bool = false, in repository: borrowing Repository
  ) throws(GitError) -> String? {
    guard try repository.header(of: tip)?.kind == .commit else {
      return try Notes.problem(with: tip, in: repository)
    }
    let end = "/" + RefLayout.notes.dropFirst("refs/".count)
    var before: [ObjectID] = []
    for (name, seen) in try repository.references(prefix: RefLayout.tracking)
    where name.hasSuffix(end) {
      guard try repository.header(of: seen)?.kind == .commit else { continue }
      if try repository.contains(seen, inHistoryOf: tip) { before.append(seen) }
    }
    let known = wholly ? nil : before.first
    if let problem = try Notes.problem(with: tip, against: known, in: repository) {
      return problem
    }
    for seen in before.sorted() {
      if let object = try Notes.loss(from: seen, to: tip, in: repository) {
        return "the note on \(object.prefix(10)) lost lines"
      }
    }
    return nil
  }
}
