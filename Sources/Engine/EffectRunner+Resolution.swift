internal import Agents
internal import Git2
internal import GitState
internal import JSON
internal import Workflow
internal import Worktrees

/// A resolution that a worker or a person has made, held against both sides.
struct ResolutionCheck: Sendable {
  /// The base's commit that the branch was brought onto; nil if it was brought nowhere.
  var onto: ObjectID?
  /// A commit that the base has left and the resolution still has.
  var former: ObjectID?
  /// The account of both sides.
  var audit: ResolutionAudit?
  /// What can be learned from it.
  var findings = ResolutionFindings()

  /// What is wrong with where the branch is now; nil if nothing is.
  func complaint(branch: String, base: String) -> String? {
    guard let former, let onto else { return nil }
    return "'\(branch)' still has \(former.short()), which was taken out of '\(base)': "
      + "git rebase --onto \(onto.short()) \(former.short())"
  }
}

extension EffectRunner {
  /// Looks whether a resolution may be pushed, before it is; an attempt whose resolution may not has failed.
  ///
  /// No marker is left, every change of both sides is accounted for, and the checks pass. What was learned
  /// is recorded, so that the same conflict need not be settled twice.
  func verifyResolution(
    _ task: TaskView, _ attempt: Attempt, _ worktree: Worktree, _ collected: inout Collected
  ) async throws {
    guard collected.outcome == .succeeded, let new = collected.head, let base = task.base,
      let old = task.pullRequest.flatMap({ ObjectID(hex: $0.head) })
    else { return }
    let givenUp = collected.document?.givenUp ?? [:]
    let check = try await resolutionCheck(of: task, from: old, to: new, base, givenUp: givenUp)
    guard let audit = check.audit, check.onto != nil else {
      return collected.fail(
        .conflict, "'\(worktree.branch)' is not on top of '\(base)' yet: rebase it, or merge it in")
    }
    if let complaint = check.complaint(branch: worktree.branch, base: base) {
      return collected.fail(.conflict, complaint)
    }
    collected.resolution = ResolutionText.json(audit).indentedText + "\n"
    guard audit.isComplete else {
      return collected.fail(.conflict, ResolutionText.complaint(audit))
    }
    do {
      if let failure = try await firstFailure(of: task, in: worktree) {
        return collected.fail(
          .checksFailed,
          "check '\(failure.name)' fails on the resolution, which was not pushed:\n"
            + failure.log.suffix(3000))
      }
    } catch let error as WorktreeError {
      return collected.fail(.environment, Explain.worktree(error))
    }
    let signed = try await signWork(
      worktree, new, notIn: published(task), of: task, settling: check.findings.mapping)
    collected.head = signed.mapping[new] ?? new
    collected.commits = collected.commits.map { signed.mapping[$0] ?? $0 }
    collected.remark = collected.remark ?? signed.remark
    try await copyNotes(check.findings.mapping.mapValues { signed.mapping[$0] ?? $0 })
    try await ResolutionLibrary(tasks.state).add(
      check.findings.learned, givenUp: audit.entries, task: task.id)
  }

  /// Compares a branch before and after it was brought onto its base.
  func resolutionCheck(
    of task: TaskView, from old: ObjectID, to new: ObjectID, _ base: String,
    givenUp: [String: String]
  ) async throws -> ResolutionCheck {
    let tracking = RefLayout.trackedBranch(base, of: options.remote)
    let known = try await ResolutionLibrary(tasks.state).load()
    let found = try await code.run { repository throws(GitError) -> ObjectID? in
      try repository.refreshObjects()
      return try repository.reference(tracking)
    }
    guard let baseHead = found else { return ResolutionCheck() }
    let former = try await formerBase(of: task, old, onto: baseHead)
    return try await code.run { repository throws -> ResolutionCheck in
      var check = ResolutionCheck()
      guard let onto = try repository.mergeBase(new, baseHead) else { return check }
      let ancestor = try former ?? repository.mergeBase(old, onto)
      if ancestor == onto { return check }
      check.onto = onto
      if let former, try repository.contains(former, inHistoryOf: new) { check.former = former }
      check.audit = try ResolutionAudit.audit(
        ancestor: former, ours: onto, theirs: old, resolved: new, givenUp: givenUp,
        in: repository)
      var store = known.store
      check.findings = try store.learn(from: old, to: new, onto: onto, in: repository)
      return check
    }
  }

  /// A verdict in which conflicts are settled as they were before, on this machine or another.
  ///
  /// What a known resolution comes to is held against both sides like any other: if it drops something
  /// that was not given up when it was made, the conflict stands.
  func settled(
    _ verdict: RebaseVerdict, head: ObjectID, onto: ObjectID, since former: ObjectID? = nil
  ) async throws -> RebaseVerdict {
    guard case .conflict = verdict else { return verdict }
    let known = try await ResolutionLibrary(tasks.state).load()
    if known.store.isEmpty { return verdict }
    return try await code.run { repository throws -> RebaseVerdict in
      let again = try self.verdict(
        on: head, onto: onto, since: former, known: known.store, in: repository)
      guard case .clean(let rebased) = again else { return again }
      let audit = try ResolutionAudit.audit(
        ancestor: former, ours: onto, theirs: head,
        resolved: rebased.head, in: repository)
      return audit.markers.isEmpty && audit.problems.allSatisfy(known.explains) ? again : verdict
    }
  }
}

extension Collected {
  /// Makes a failure of what looked like a success.
  mutating func fail(_ kind: FailureKind, _ text: String) {
    outcome = nil
    failure = kind
    error = text
  }
}

/// An account of a resolution in words.
enum ResolutionText {
  /// The most changes that are listed one by one.
  static let maximumEntries = 40
  /// The longest part of a change that is shown, in characters.
  static let maximumExcerpt = 120

  /// What is missing, for whoever has to add it.
  static func complaint(_ audit: ResolutionAudit) -> String {
    var lines = audit.problems.map { "- \($0.hunk.name) \(words($0.fate)): \(excerpt($0.hunk))" }
    lines += audit.markers.map { "- \($0.path):\($0.line): a conflict marker is left" }
    lines += audit.unknownNames.map { "- 'given_up' names '\($0)', which is no change of a side" }
    let rest = lines.count - maximumEntries
    lines = Array(lines.prefix(maximumEntries)) + (rest > 0 ? ["- and \(rest) more"] : [])
    return "the resolution does not account for both sides, and was not pushed:\n"
      + lines.joined(separator: "\n")
      + "\nAdd what is missing, or give it up by its name in 'given_up' of the result, with a reason."
  }

  /// Every change with what became of it, for the attempt's record.
  static func json(_ audit: ResolutionAudit) -> JSONValue {
    [
      "complete": .bool(audit.isComplete),
      "hunks": .array(
        audit.entries.prefix(500).map { entry -> JSONValue in
          var reason: JSONValue?
          if case .givenUp(let why) = entry.fate { reason = .string(why) }
          if case .moved(let place) = entry.fate { reason = .string(place) }
          return JSONValue.compact([
            "hunk": .string(entry.hunk.name), "fate": .string(name(entry.fate)), "why": reason,
          ])
        }),
      "markers": .array(audit.markers.prefix(100).map { .string("\($0.path):\($0.line)") }),
    ]
  }

  /// A change by its name with its first line.
  static func line(_ hunk: SideHunk) -> String { "\(hunk.name): \(excerpt(hunk))" }

  private static func excerpt(_ hunk: SideHunk) -> String {
    let (sign, text) = hunk.added.isEmpty ? ("-", hunk.removed) : ("+", hunk.added)
    let line = text.split(separator: "\n").first { $0.contains { !$0.isWhitespace } }
    guard let line else { return "the file as a whole" }
    return "\(sign) " + line.prefix(maximumExcerpt)
  }

  private static func name(_ fate: HunkFate) -> String {
    switch fate {
    case .present: "present"
    case .moved: "moved"
    case .givenUp: "given up"
    case .missing: "missing"
    case .reverted: "reverted"
    case .duplicated: "duplicated"
    }
  }

  private static func words(_ fate: HunkFate) -> String {
    switch fate {
    case .present, .moved, .givenUp: "is accounted for"
    case .missing: "is missing"
    case .reverted: "was undone: what it removed is back"
    case .duplicated: "is there more than once"
    }
  }
}
