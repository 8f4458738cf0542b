public import Git2
public import GitCLI

/// What the user's git configuration says about signing commits.
public struct SigningConfiguration: Sendable, Equatable {
  /// True if every commit is to be signed (`commit.gpgSign`).
  public let signsAll: Bool
  /// True if the configuration names a key (`user.signingKey`) or how to find one (`gpg.ssh.defaultKeyCommand`).
  public let namesKey: Bool
  private let name: String?
  private let email: String?

  /// Asks git, so that every level, include and variable counts.
  public init(git: GitProgram) async throws(GitCommandError) {
    let found = try await git.run(
      [
        "config", "--null", "--get-regexp",
        "^(commit\\.gpgsign|user\\.(signingkey|name|email)|gpg\\.ssh\\.defaultkeycommand)$",
      ], accepting: [1])
    self.init(listed: found.text)
  }

  /// Reads what `git config --null --get-regexp` prints: of a key that is there twice, the last counts.
  init(listed: String) {
    var values: [String: String] = [:]
    for entry in listed.split(separator: "\0") {
      let parts = entry.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      // A key without a value is a flag that is on.
      values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : "true"
    }
    let flag = values["commit.gpgsign"]?.lowercased() ?? ""
    signsAll = ["true", "yes", "on"].contains(flag) || Int(flag).map { $0 != 0 } ?? false
    namesKey = ["user.signingkey", "gpg.ssh.defaultkeycommand"].contains {
      values[$0]?.isEmpty == false
    }
    name = values["user.name"]
    email = values["user.email"]
  }

  /// The committer of what is signed: orch's own identity if somebody gave it one, else the user.
  func committer(besides identity: Signature) -> Signature {
    guard identity == EngineOptions.defaultIdentity, let name, let email else { return identity }
    return Signature(name: name, email: email, seconds: 0)
  }
}

extension EngineOptions {
  /// Who orch is where nobody gave it a name.
  public static var defaultIdentity: Signature {
    Signature(name: "orch", email: "orch@localhost", seconds: 0)
  }
}
