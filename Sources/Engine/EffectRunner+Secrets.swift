internal import Git2
internal import GitState
internal import Workflow
internal import Worktrees

/// What looks like a secret in the work of workers goes nowhere before a person has said so.
extension EffectRunner {
  /// The most places that a sentence names.
  private static let maximumNamedSecrets = 5

  /// What looks like a secret in files that a snapshot of a worktree has and its branch has not.
  ///
  /// Not where the orchestrator or everybody's work on branches waits: a search takes as long as a worker wants.
  @concurrent func secrets(inSnapshot snapshot: ObjectID) async throws -> [SecretSearch.Finding] {
    guard var search = secretSearch else { return [] }
    try search.look(at: snapshot, uncommitted: true, in: Repository(at: options.repository))
    return search.findings
  }

  /// What a person is asked about files that orch does not commit; nil if there is nothing to ask.
  static func question(
    aboutUncommitted findings: [SecretSearch.Finding], of task: TaskView
  ) -> String? {
    if findings.isEmpty { return nil }
    return
      "what the worker left uncommitted looks like a secret in \(named(findings)). Nothing of it was committed: "
      + "the files are in the worktree. Delete them, have git ignore them, or name them in 'redaction.allow', then "
      + "'orch task unblock \(task.id.prefix(6))'"
  }

  /// Why commits are not pushed before a person has said so: what they add looks like a secret.
  ///
  /// Nil if there is nothing of the kind, or if a person was told of just this and let the task go on.
  func secretObjection(to head: ObjectID, of task: TaskView) async throws -> String? {
    let findings = try await secrets(in: head, notIn: try await published(task))
    if findings.isEmpty { return nil }
    let id = task.id.prefix(6)
    let what =
      "the commits up to \(head.short()) add what looks like a secret in \(Self.named(findings)). "
    if let now = try await branchHead(worktree(of: task)), now != head {
      return what + "They were not published. The branch is at \(now.short()) by now: "
        + "'orch task retry \(id)' goes on from there"
    }
    let reason =
      what
      + "They were not published. 'orch task unblock \(id)' pushes it as it is; 'orch task retry \(id)' has a "
      + "worker take it out; 'redaction.allow' names files in which such lines are meant"
    // The question that was asked is the one that a person has answered by letting the task go on.
    let text = TextBound.prefix(reason, bytes: Message.maximumBytes)
    let asked = String(decoding: tasks.state.redacted(Array(text.utf8)), as: UTF8.self)
    return task.messages.contains { $0.isFromOrch && $0.text == asked } ? nil : reason
  }

  /// What looks like a secret in commits that nobody else has; beside everything else, like the other.
  @concurrent private func secrets(
    in head: ObjectID, notIn published: [ObjectID]
  ) async throws -> [SecretSearch.Finding] {
    guard var search = secretSearch else { return [] }
    let repository = try Repository(at: options.repository)
    for commit in try repository.commits(notIn: published, to: head) {
      try search.look(at: commit, in: repository)
    }
    return search.findings
  }

  private var secretSearch: SecretSearch? {
    guard options.asksAboutSecrets else { return nil }
    let state = tasks.state
    return SecretSearch(redact: { state.redacted($0) }, allowing: options.allowedSecretPaths)
  }

  /// Where they are; lines that follow each other, as those of a key, are one place.
  private static func named(_ findings: [SecretSearch.Finding]) -> String {
    var places: [(first: SecretSearch.Finding, last: Int)] = []
    for finding in findings {
      if let (first, last) = places.last, first.path == finding.path, last + 1 == finding.line,
        first.commit == finding.commit, first.kind == finding.kind
      {
        places[places.count - 1].last = finding.line
      } else {
        places.append((finding, finding.line))
      }
    }
    let words = places.map { first, last in
      let commit = first.commit.map { " of \($0.short())" } ?? ""
      let text = first.path.map { "'\($0)'" } ?? "the message"
      let lines = first.line == last ? "line \(last)" : "lines \(first.line)-\(last)"
      return "\(text) \(lines)\(commit) (\(first.kind))"
    }
    let more = words.count - maximumNamedSecrets
    return words.prefix(maximumNamedSecrets).joined(separator: ", ")
      + (more > 0 ? ", and \(more) more" : "")
  }
}
