internal import Git2
public import GitCLI
internal import Worktrees

/// Signs commits that orch writes, as the user's own git does: by `git commit-tree`, with the user's configuration.
///
/// Who signs commits: a forge calls a signature good if the committer is the key's owner.
public struct CommitSigner: Sendable {
  /// The longest time for the commits of one branch, in seconds.
  static let branchSeconds = 300

  let git: GitProgram
  /// The committer of what is signed.
  let identity: Signature
  /// The longest time that one signature may take, in seconds: a program may ask somebody for a password.
  var signatureSeconds = 30

  /// What came of signing commits of a branch.
  struct Outcome: Sendable {
    /// The new commit of each that was signed, or that follows one.
    var mapping: [ObjectID: ObjectID] = [:]
    /// How many were to be signed and are not.
    var missing = 0
    /// Why they are not.
    var problem: String?
  }

  /// Why a commit has no signature.
  struct Failure: Error {
    let text: String
  }

  /// Signs the `wanted` ones of the commits that `head` has and none of `others` has; what follows one is made again.
  ///
  /// The first that cannot be signed ends the signing: it and the wanted ones after it stay as they are, on their
  /// new parents.
  func sign(
    _ head: ObjectID, notIn others: [ObjectID], wanted: Set<ObjectID>, through code: RepositoryActor
  ) async throws -> Outcome {
    var outcome = Outcome()
    let start = ContinuousClock.now
    let texts = try await code.run { repository throws(GitError) -> [(ObjectID, CommitText)] in
      try repository.refreshObjects()
      var texts: [(ObjectID, CommitText)] = []
      for id in try repository.commits(notIn: others, to: head) {
        if let text = CommitText(bytes: try repository.bytes(of: id, .commit)) {
          texts.append((id, text))
        }
      }
      return texts
    }
    for (id, original) in texts {
      var text = original
      text.parents = text.parents.map { outcome.mapping[$0] ?? $0 }
      if wanted.contains(id), outcome.problem == nil {
        do throws(Failure) {
          if ContinuousClock.now - start > .seconds(Self.branchSeconds) {
            throw Failure(text: "it took longer than \(Self.branchSeconds) s")
          }
          outcome.mapping[id] = try await signed(text, through: code)
          continue
        } catch {
          outcome.problem = error.text
        }
      }
      if wanted.contains(id) { outcome.missing += 1 }
      guard text.parents != original.parents else { continue }
      let moved = text
      outcome.mapping[id] = try await code.run { repository throws in
        try InMemoryMerge.commit(moved, in: repository)
      }
    }
    return outcome
  }

  /// Writes one commit with a signature, and looks that it says what it is to say.
  private func signed(
    _ unsigned: CommitText, through code: RepositoryActor
  ) async throws(Failure) -> ObjectID {
    var text = unsigned
    text.setCommitter(name: identity.name, email: identity.email)
    let wanted = text.bytes
    let id = try await write(text)
    let made = try? await code.run { repository throws(GitError) -> CommitText? in
      CommitText(bytes: try repository.bytes(of: id, .commit))
    }
    guard let made, made.isSigned, made.bytes == wanted else {
      throw Failure(text: "'git commit-tree' cannot write its headers or its message as they are")
    }
    return id
  }

  private func write(_ text: CommitText) async throws(Failure) -> ObjectID {
    guard let author = CommitPerson(text.author), let committer = CommitPerson(text.committer)
    else { throw Failure(text: "its author cannot be read") }
    var words = ["-c", "core.fsync=committed"]
    for header in text.otherHeaders where header.starts(with: "encoding ".utf8) {
      let name = String(decoding: header.dropFirst(9), as: UTF8.self)
      words += ["-c", "i18n.commitEncoding=\(name)"]
    }
    words += ["commit-tree", "-S"] + text.parents.flatMap { ["-p", $0.hex] } + [text.tree.hex]
    let output: GitProgram.Output
    do throws(GitCommandError) {
      output = try await git.run(
        words, input: String(decoding: text.message, as: UTF8.self),
        timeoutSeconds: signatureSeconds,
        adding: author.variables("AUTHOR").merging(committer.variables("COMMITTER")) { $1 })
    } catch {
      throw Failure(text: Self.words(error))
    }
    let line = output.text.split(separator: "\n").first.map(String.init) ?? ""
    guard let id = ObjectID(hex: line) else { throw Failure(text: "git named no commit") }
    return id
  }

  /// What git or the signing program said, in one line.
  private static func words(_ error: GitCommandError) -> String {
    guard case .failed(_, _, let detail) = error else { return FailureText.sentence(error) }
    let lines = detail.split(separator: "\n").map(String.init)
    return TextBound.prefix(lines.joined(separator: "; "), bytes: 300)
  }
}

extension CommitSigner {
  /// The tree without files, which git knows whether or not it is stored.
  private static let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

  /// Why no commit can be signed now; nil if one can.
  ///
  /// What it tries with stays as a commit that no reference leads to.
  public static func problem(git: GitProgram, options: EngineOptions) async -> String? {
    guard let configuration = try? await SigningConfiguration(git: git),
      let tree = ObjectID(hex: emptyTree)
    else { return "the configuration cannot be read" }
    let identity = configuration.committer(besides: options.identity)
    let text = CommitText(
      tree: tree, parents: [], author: identity, committer: identity,
      message: "orch: can commits be signed?\n")
    do throws(Failure) {
      _ = try await CommitSigner(git: git, identity: identity).write(text)
      return nil
    } catch {
      return error.text
    }
  }
}
