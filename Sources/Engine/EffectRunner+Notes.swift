internal import Git2
internal import GitCLI
internal import GitState

extension EffectRunner {
  /// Writes notes; where their reference holds no notes, nothing is written and nothing fails.
  ///
  /// Provenance is worth less than the work: `orch doctor` says what is wrong with the reference and mends it.
  func noting(
    _ work: @Sendable (borrowing Repository) throws(GitError) -> Void
  ) async throws {
    guard try await keepNotes() else { return }
    let tip = try await code.run { repository throws(GitError) -> ObjectID? in
      try work(repository)
      return try repository.reference(RefLayout.notes)
    }
    room.noteNotes(tip)
  }

  /// Looks whether the notes come after those that orch wrote or found sound last, and puts those back if they do
  /// not; false if there are no notes to go on with.
  ///
  /// What was put aside is told of every worker that runs. Others of orch's processes, syncs and `git notes append`
  /// add to notes: whatever takes nothing away is gone on with.
  @discardableResult
  func keepNotes() async throws -> Bool {
    let known = room.notes
    let (tip, problem) = try await code.run {
      repository throws(GitError) -> (ObjectID?, String?) in
      try repository.refreshObjects()
      let tip = try repository.reference(RefLayout.notes)
      return (tip, try Self.problem(withNotes: tip, after: known, in: repository))
    }
    guard let problem else {
      if let tip, let known, tip != known { try await tellOfStrangers(in: tip, since: known) }
      room.noteNotes(tip)
      return true
    }
    // Without a tip that was sound, only a person can say what is to be there.
    guard let known else { return false }
    if let tip, try await isRemotes(notes: tip) {
      // A person's fetch has put the remote's over those that it did not have yet.
      try await code.run { repository throws(GitError) in
        _ = try Notes.join(known, into: RefLayout.notes, in: repository)
      }
      room.noteNotes(known)
      return true
    }
    let isMended = try await code.run { repository throws(GitError) -> Bool in
      do throws(GitError) {
        try StateRecovery.replaceNotes(tip, by: known, in: repository)
        return true
      } catch {
        guard error.code == .modified else { throw error }
        return false
      }
    }
    guard isMended else { return false }
    let text = "\(RefLayout.notes) was changed by somebody else: \(problem)"
    let aside = tip == nil ? "" : "; what stood there is kept as \(RefLayout.brokenNotes)"
    report(.note("\(text): set back to \(known.short())\(aside)"))
    var found = Differences()
    found.add("\(text): set back to \(known.short())\(aside)", to: .record)
    room.note(found)
    return true
  }

  /// Tells every worker that runs of notes that were added under another name than orch's.
  ///
  /// They stay: a person may annotate commits. What a remote had is nobody's doing here.
  private func tellOfStrangers(in tip: ObjectID, since known: ObjectID) async throws {
    let own = options.identity
    let strangers = try await code.run { repository throws(GitError) -> [CommitInfo] in
      let remotes = try repository.references(prefix: RefLayout.tracking)
        .filter { $0.key.hasSuffix("/" + RefLayout.notes.dropFirst("refs/".count)) }.values
      let seen = [known] + remotes.filter { repository.contains($0) }
      var strangers: [CommitInfo] = []
      for id in try repository.commits(notIn: seen, to: tip, limit: Self.maximumStrangers) {
        let commit = try repository.commit(id)
        let isOrchs = [own.email, Self.orchsAddress].contains(commit.committer.email)
        if !isOrchs { strangers.append(commit) }
      }
      return strangers
    }
    guard let first = strangers.first else { return }
    let more = strangers.count > 1 ? ", and \(strangers.count - 1) more" : ""
    var found = Differences()
    found.add(
      "\(RefLayout.notes) got lines that orch did not write: \(first.id.short()) of \(first.committer.name)\(more)",
      to: .references)
    room.note(found)
  }

  /// How many commits of others are counted.
  private static let maximumStrangers = 1000
  /// The address under which histories of notes are joined.
  private static let orchsAddress = "orch@localhost"

  /// True if a commit is that of a remote's notes.
  private func isRemotes(notes tip: ObjectID) async throws -> Bool {
    let end = "/" + RefLayout.notes.dropFirst("refs/".count)
    let isTracked = try await code.run { repository throws(GitError) -> Bool in
      try repository.references(prefix: RefLayout.tracking)
        .contains { $0.key.hasSuffix(end) && $0.value == tip }
    }
    if isTracked { return true }
    let heads = try? await git.limited(toSeconds: Self.shortLookSeconds).advertisedReferences(
      remote: options.stateRemote ?? options.remote, patterns: [RefLayout.notes])
    return heads?[RefLayout.notes] == tip.hex
  }

  /// What is wrong with notes that are to come after others; nil if nothing is.
  private static func problem(
    withNotes tip: ObjectID?, after known: ObjectID?, in repository: borrowing Repository
  ) throws(GitError) -> String? {
    guard let tip else { return known == nil ? nil : "it is gone" }
    if tip == known { return nil }
    do throws(GitError) {
      guard let known else { return try StateRecovery.problem(withNotes: tip, in: repository) }
      if let problem = try Notes.problem(with: tip, against: known, in: repository) {
        return problem
      }
      let object = try Notes.loss(from: known, to: tip, in: repository)
      return object.map { "the note on \($0.prefix(10)) lost lines" }
    } catch {
      guard error.code == .notFound else { throw error }
      return "objects are missing"
    }
  }
}
