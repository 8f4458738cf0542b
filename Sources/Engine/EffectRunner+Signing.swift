internal import Git2
internal import GitCLI
internal import Synchronization
internal import Workflow
internal import Worktrees

/// Remembers that no commit could be signed, so that not every branch waits for a program that cannot.
struct SigningMemory: Sendable {
  /// How long nothing is tried after a failure, in milliseconds.
  static let restMilliseconds = 600_000

  /// When the last try failed, in milliseconds since 1970, and why; nil after one that did not.
  var failure: (at: Int, problem: String)?

  /// Why nothing is tried now; nil if something is.
  func problem(now: Int) -> String? {
    guard let failure, abs(now - failure.at) < Self.restMilliseconds else { return nil }
    return failure.problem
  }
}

/// A branch whose commits were signed as far as they could be.
struct SignedBranch: Sendable {
  /// The new commit of each that was signed, or that follows one.
  var mapping: [ObjectID: ObjectID] = [:]
  /// What a person is to know of it; nil if nothing is missing.
  var remark: String?
}

/// Whether commits are signed, as it was configured when somebody asked.
struct SigningRule: Sendable {
  /// What the user's git says; nil if orch is not to sign.
  let configuration: SigningConfiguration?

  /// True if every commit is to be signed.
  var signsAll: Bool { configuration?.signsAll ?? false }
}

/// Signatures of commits that orch writes onto branches; see docs/decisions/0020.
extension EffectRunner {
  /// A branch as it was brought onto another base, with the signatures that it had or is to have.
  ///
  /// Verdicts that are not clean are as they were.
  func signed(
    _ verdict: RebaseVerdict, onto base: ObjectID, of task: TaskView, by known: SigningRule? = nil
  ) async throws -> (verdict: RebaseVerdict, remark: String?) {
    guard case .clean(let rebased) = verdict, !rebased.rewritten.isEmpty else {
      return (verdict, nil)
    }
    var rule = known
    if rule == nil { rule = try await signingRule() }
    let wanted = rule?.signsAll == true ? rebased.rewritten : rebased.unsigned
    let kept = rebased.mapping.filter { $0.key == $0.value }.map(\.key)
    let result = try await signed(
      rebased.head, notIn: [base] + kept, wanted: wanted, rule?.configuration)
    say(result.remark, of: task)
    return (.clean(rebased.replacing(result.mapping)), result.remark)
  }

  /// Signs what is in no published commit and has no signature, if all commits are to be signed.
  ///
  /// Signed commits and those that they are made of stay as they are.
  func signMissing(
    in head: ObjectID, notIn published: [ObjectID], of task: TaskView
  ) async throws -> SignedBranch {
    try await sign(head, notIn: published, of: task, settling: [:])
  }

  private func sign(
    _ head: ObjectID, notIn published: [ObjectID], of task: TaskView,
    settling mapping: [ObjectID: ObjectID]
  ) async throws -> SignedBranch {
    let rule = try await signingRule()
    if !rule.signsAll, mapping.isEmpty { return SignedBranch() }
    let wanted = try await code.run { repository throws(WorktreeError) -> Set<ObjectID> in
      rule.signsAll
        ? Set(try CommitSignatures.missing(in: head, notIn: published, in: repository))
        : try CommitSignatures.lost(in: mapping, in: repository)
    }
    let result = try await signed(head, notIn: published, wanted: wanted, rule.configuration)
    say(result.remark, of: task)
    return result
  }

  /// The commits of a worktree's branch with the signatures that they are to have; the branch goes along.
  ///
  /// `mapping` leads to the commits of a conflict that was settled from what they were before.
  func signWork(
    _ worktree: Worktree, _ head: ObjectID, notIn published: [ObjectID], of task: TaskView,
    settling mapping: [ObjectID: ObjectID] = [:]
  ) async throws -> SignedBranch {
    let result = try await sign(head, notIn: published, of: task, settling: mapping)
    if let new = result.mapping[head] {
      try await code.run { repository throws(GitError) in
        try repository.refreshObjects()
        try repository.setReference(
          "refs/heads/" + worktree.branch, to: new, expecting: head, log: "orch: signed")
      }
    }
    return result
  }

  private func signed(
    _ head: ObjectID, notIn others: [ObjectID], wanted: Set<ObjectID>,
    _ configuration: SigningConfiguration?
  ) async throws -> SignedBranch {
    if wanted.isEmpty { return SignedBranch() }
    func unsigned(_ count: Int, _ reason: String) -> String {
      "\(count) \(count == 1 ? "commit is" : "commits are") not signed: \(reason)"
    }
    guard let configuration, configuration.signsAll || configuration.namesKey else {
      let reason =
        configuration == nil
        ? "'git.sign' is 'never'" : "there is no key in 'git config user.signingKey'"
      return SignedBranch(remark: unsigned(wanted.count, reason))
    }
    let now = options.clock()
    if let problem = signing.withLock({ $0.problem(now: now) }) {
      return SignedBranch(remark: unsigned(wanted.count, problem))
    }
    let signer = CommitSigner(
      git: git, identity: configuration.committer(besides: options.identity))
    let outcome = try await signer.sign(head, notIn: others, wanted: wanted, through: code)
    signing.withLock { $0.failure = outcome.problem.map { (now, $0) } }
    return SignedBranch(
      mapping: outcome.mapping,
      remark: outcome.problem.map { unsigned(outcome.missing, $0) })
  }

  /// Whether commits are signed now.
  func signingRule() async throws -> SigningRule {
    SigningRule(
      configuration: options.signsCommits ? try await SigningConfiguration(git: git) : nil)
  }

  /// Tells whoever watches the run that commits have no signature.
  private func say(_ remark: String?, of task: TaskView) {
    guard let remark else { return }
    report(.note("\(task.id.prefix(6)) \(remark)"))
  }

  /// git's settings for commits that git makes for orch: they are signed afterwards, with all others.
  static let unsignedCommits = ["-c", "commit.gpgSign=false"]
}
