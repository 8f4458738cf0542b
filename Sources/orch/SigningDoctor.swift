internal import Engine
internal import GitCLI

/// What `orch doctor` looks at of signatures: whether commits that orch writes are signed, and can be.
struct SigningDoctor {
  let session: Session
  let options: EngineOptions

  /// What was found; nothing where nobody signs.
  func look() async -> [Finding] {
    let configuration: SigningConfiguration
    do {
      configuration = try await SigningConfiguration(git: session.git)
    } catch {
      return [Finding(false, "the configuration of git: \(Explanation.report(of: error).sentence)")]
    }
    guard configuration.signsAll || configuration.namesKey else { return [] }
    guard options.signsCommits else {
      let text = "'git.sign' is 'never': what orch rebases or merges has no signature"
      return [Finding(true, text)]
    }
    let what =
      configuration.signsAll
      ? "commits that orch writes onto branches" : "rebased commits that were signed before"
    if let problem = await CommitSigner.problem(git: session.git, options: options) {
      return [Finding(false, "\(what) cannot be signed: \(problem)", hint: Self.hint)]
    }
    return [Finding(true, "\(what) are signed with your key")]
  }

  private static let hint =
    "unlock the key in an agent ('ssh-add', 'gpg --clearsign'), so that it signs where no terminal is: "
    + "'setsid git commit-tree -S HEAD^{tree} < /dev/null'; or set 'git.sign: never'"
}
